using System.Collections.Concurrent;
using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The world of the flows: any domain may send, retries come soon, and <c>dest.test</c> answers by recipient name.</summary>
public sealed class ApiFlowWorld : IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, int> _tries = new();

    public ApiFlowWorld() => World = new ApiWorld(new SmtpSinkOptions { Recipient = Reply });

    public ApiWorld World { get; }

    public ApiClient Client { get; private set; } = null!;

    public static string Iso(TimeSpan ahead) =>
        (TimeProvider.System.GetUtcNow() + ahead).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A message to one recipient at the destination.</summary>
    public static string Email(string recipient, string subject = "Hello", string more = "") =>
        $$"""{"from":"App <app@sender.test>","to":"{{recipient}}@dest.test","subject":"{{subject}}","text":"Hello {{recipient}}"{{more}}}""";

    public async Task InitializeAsync()
    {
        await World.StartAsync("require_verified_domains = false\nrequests_per_second = 0", "[retry]\nschedule = [\"1s\"]");
        Client = await World.ClientAsync("flows");
    }

    public async Task DisposeAsync()
    {
        Client?.Dispose();
        await World.DisposeAsync();
    }

    public async Task<string> SendAsync(string body)
    {
        var answer = await Client.PostAsync("/v1/emails", body);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Word("emailId");
    }

    public async Task<IReadOnlyList<string>> StatusesAsync(string id) =>
        [.. (await Client.GetAsync($"/v1/emails/{id}"))["emailEvents"].AsArray().Select(e => e!["status"]!.GetValue<string>())];

    public Task BecomesAsync(string id, string status) =>
        Poll.UntilAsync($"{id} is {status}", async () => (await StatusesAsync(id)).Contains(status));

    /// <summary>Messages at the destination for this recipient.</summary>
    public IReadOnlyList<SinkMessage> Arrived(string recipient) =>
        [.. World.Sink.Messages.Where(m => m.Recipients.Contains(recipient + "@dest.test", StringComparer.OrdinalIgnoreCase))];

    public Task ArrivesAsync(string recipient) => Poll.UntilAsync($"mail for {recipient} arrives", () => Arrived(recipient).Count > 0);

    private string? Reply(string recipient) => recipient.Split('@')[0] switch
    {
        var name when name.StartsWith("nobody", StringComparison.Ordinal) => "550 5.1.1 no such user",
        var name when name.StartsWith("greylisted", StringComparison.Ordinal) && _tries.AddOrUpdate(name, 1, (_, n) => n + 1) == 1 => "451 4.7.1 come back later",
        _ => null,
    };
}

[CollectionDefinition(Name)]
public sealed class ApiFlowCollection : ICollectionFixture<ApiFlowWorld>
{
    public const string Name = "api flows";
}
