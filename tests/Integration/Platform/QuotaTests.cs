using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Quotas in recipients of accounts and domains, at both doors. Tokens of an hour or a day come back so slowly that no clock decides.</summary>
public sealed class QuotaTests : IAsyncLifetime
{
    private const string OneRecipient = """{"from":"app@example.com","to":"first@dest.test","subject":"s","text":"t"}""";
    private const string TwoRecipients = """{"from":"app@example.com","to":["a@dest.test","b@dest.test"],"subject":"s","text":"t"}""";

    private readonly ApiWorld _world = new();
    private ApiClient _client = null!;

    public async Task InitializeAsync()
    {
        await _world.StartAsync("require_verified_domains = false");
        _client = await _world.ClientAsync("app");
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task Recipients_of_an_account_beyond_its_day_are_to_come_again()
    {
        await DoesAsync("account", "limit", "default", "--recipients-per-day", "2");

        await AssertHeldAtBothDoorsAsync("the account may send 2 recipients per day; 1 is left");
    }

    [Fact]
    public async Task Recipients_of_a_domain_beyond_its_hour_are_to_come_again()
    {
        await DoesAsync("domain", "add", "example.com", "--trusted");
        await DoesAsync("domain", "limit", "example.com", "--recipients-per-hour", "2");

        await AssertHeldAtBothDoorsAsync("the domain may send 2 recipients per hour; 1 is left");
    }

    private async Task AssertHeldAtBothDoorsAsync(string sentence)
    {
        Assert.Equal(200, (await _client.PostAsync("/v1/emails", OneRecipient)).Status);
        var answer = await _client.PostAsync("/v1/emails", TwoRecipients);
        Assert.Equal((429, "RATE_LIMITED", sentence), (answer.Status, answer.Code, answer.Message));
        Assert.InRange(answer.RetryAfter!.Value.TotalSeconds, 1, 86_400);

        var (talk, _) = await SmtpTalk.OpenAsync(_world.Relay.SmtpPort);
        await using (talk)
        {
            await talk.SayAsync("MAIL FROM:<app@example.com>", "250");
            await talk.SayAsync("RCPT TO:<a@dest.test>", "250");
            Assert.StartsWith($"450 4.7.1 {sentence}; try again in ", await talk.SayAsync("RCPT TO:<b@dest.test>", "450"), StringComparison.Ordinal);
        }
    }

    private async Task DoesAsync(params string[] arguments)
    {
        var (exitCode, output) = await _world.Relay.RunAsync(arguments);
        Assert.True(exitCode == 0, output);
    }
}
