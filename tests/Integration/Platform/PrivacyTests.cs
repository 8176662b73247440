using System.Text;
using System.Text.Json.Nodes;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>An address that was mailed by SMTP and HTTP, bounced, scheduled, suppressed and told to a webhook: afterwards no file names it.</summary>
public sealed class PrivacyTests : IAsyncLifetime
{
    private const string Victim = "jane.doe+x@dest.test";

    private readonly ApiWorld _world;
    private volatile bool _refuses;

    public PrivacyTests() => _world = new ApiWorld(new SmtpSinkOptions
    {
        Recipient = recipient => _refuses && recipient == Victim ? $"550 5.1.1 <{Victim}> no such user" : null,
    });

    private WebhookReceiver Receiver { get; set; } = null!;

    private ApiClient Client { get; set; } = null!;

    public async Task InitializeAsync()
    {
        Receiver = await WebhookReceiver.StartAsync();
        await _world.StartAsync("require_verified_domains = false\nplain_webhooks = true");
        Client = await _world.ClientAsync("privacy");
    }

    public async Task DisposeAsync()
    {
        Client?.Dispose();
        await _world.DisposeAsync();
        await Receiver.DisposeAsync();
    }

    [Fact]
    public async Task No_file_of_the_data_folder_names_an_erased_address_and_it_stays_suppressed()
    {
        await HandleMailAsync();
        var export = await RunAsync("exports");
        var kinds = export["entries"]!.AsArray().Select(entry => entry!["kind"]!.GetValue<string>()).Distinct().Order();
        Assert.Equal(["audit", "conversation", "event", "message", "suppression", "webhook"], kinds);
        Assert.Contains("secret words", export.ToJsonString(), StringComparison.Ordinal);
        await _world.Relay.StopAsync();
        Assert.NotEmpty(FilesWithAddress());
        await _world.Relay.StartAsync();

        var receipt = await RunAsync("erasures");
        Assert.Matches("^erased-[0-9a-f]{8}@erased\\.invalid$", receipt["replacement"]!.GetValue<string>());
        foreach (var name in new[] { "messages", "events", "webhooks", "suppressions", "exports" })
        {
            Assert.True(receipt["counts"]![name]!.GetValue<int>() > 0, $"{name}: {receipt}");
        }

        await _world.Relay.StopAsync();
        Assert.Equal("", string.Join("\n", FilesWithAddress()));

        await _world.Relay.StartAsync();
        var events = await _world.Relay.GetAsync("/admin/v1/events?recipient=" + Uri.EscapeDataString(receipt["replacement"]!.GetValue<string>()));
        Assert.NotEqual(0, events.GetProperty("entries").GetArrayLength());
        var id = await SendAsync($$"""{"from":"app@sender.test","to":"{{Victim}}","subject":"again","text":"x"}""");
        await ReachesAsync(id, "SUPPRESSED");
    }

    [Fact]
    public async Task An_operator_erases_over_all_accounts_by_command()
    {
        var (exitCode, output) = await _world.Relay.RunAsync("account", "add", "other");
        Assert.True(exitCode == 0, output);
        using var other = await _world.ClientAsync("elsewhere", "full", "--account", "other");
        await other.PostAsync("/v1/emails", $$"""{"from":"app@sender.test","to":"{{Victim}}","subject":"x","text":"y"}""");
        await Poll.UntilAsync("mail arrives", () => _world.Sink.Messages.Count > 0);

        (exitCode, output) = await _world.Relay.RunAsync("privacy", "erase", Victim);
        Assert.True(exitCode == 0, output);
        var job = output.Trim();
        await Poll.UntilAsync("the receipt is there", async () =>
            (await _world.Relay.RunAsync("privacy", "show", job)).Output.Contains("\"addressHash\"", StringComparison.Ordinal));
        Assert.Equal(404, (await Client.GetAsync($"/v1/jobs/{job}")).Status);
        await _world.Relay.StopAsync();
        Assert.Equal("", string.Join("\n", FilesWithAddress()));
    }

    [Fact]
    public async Task Another_account_keeps_what_it_knows_and_bad_addresses_are_refused()
    {
        await _world.Relay.RunAsync("account", "add", "other");
        using var other = await _world.ClientAsync("elsewhere", "full", "--account", "other");
        var sent = await other.PostAsync("/v1/emails", $$"""{"from":"app@sender.test","to":"{{Victim}}","subject":"kept","text":"y"}""");
        await Poll.UntilAsync("mail arrives", () => _world.Sink.Messages.Count > 0);
        var receipt = await RunAsync("erasures");
        Assert.Equal(0, receipt["counts"]!["messages"]!.GetValue<int>());
        Assert.Contains(Victim, (await other.GetAsync($"/v1/emails/{sent.Word("emailId")}")).Text, StringComparison.Ordinal);
        var refused = await Client.PostAsync("/v1/privacy/erasures", """{"address":"nobody"}""");
        Assert.Equal(400, refused.Status);
        Assert.Contains("address", refused.Message, StringComparison.Ordinal);
    }

    // Delivered by both doors, hidden, large, in a report, still waiting, bounced, suppressed.
    private async Task HandleMailAsync()
    {
        await Client.PostAsync("/v1/webhooks", $$"""{"url":"{{Receiver.Url("/in")}}","name":"app"}""");
        var first = await SendAsync(
            $$"""{"from":"App <app@sender.test>","to":["Jane Doe <{{Victim}}>"],"subject":"for {{Victim}}","text":"secret words","html":"<p>{{Victim}}</p>"}""", "key-" + Victim);
        await SendAsync($$"""{"from":"app@sender.test","to":"joan@dest.test","bcc":"{{Victim}}","replyTo":"{{Victim}}","subject":"hidden","text":"x"}""");
        await SendAsync($$"""{"from":"app@sender.test","to":"{{Victim}}","subject":"later","text":"x","scheduledAt":"{{ApiFlowWorld.Iso(TimeSpan.FromHours(3))}}"}""");
        var large = Encoding.ASCII.GetBytes($"From: app@dest.test\r\nTo: {Victim}, joan@dest.test\r\nSubject: large\r\n\r\n"
            + string.Concat(Enumerable.Repeat($"To {Victim}, a line of some length.\r\n", 10_000)));
        await SmtpTalk.SubmitAsync(_world.Relay.SmtpPort, "app@dest.test", [Victim, "joan@dest.test"], large);
        await Poll.UntilAsync("four mails have arrived", () => _world.Sink.Messages.Count(m => m.Recipients.Contains(Victim)) >= 3);
        await ReachesAsync(first, "DELIVERED");
        _refuses = true;
        await SmtpTalk.SubmitAsync(
            _world.Relay.SmtpPort, "app@dest.test", [Victim], Encoding.ASCII.GetBytes($"From: app@dest.test\r\nTo: {Victim}\r\nSubject: refused\r\n\r\nx\r\n"));
        await Poll.UntilAsync("the report has arrived", () => _world.Sink.Messages.Any(m => m.Recipients.Contains("app@dest.test")));
        _refuses = false;
        await Receiver.GetsAsync("email.bounced");
        await _world.Relay.RunAsync("suppression", "add", Victim, "--reason", "asked by " + Victim);
    }

    private async Task<string> SendAsync(string body, string? key = null)
    {
        var answer = await Client.PostAsync("/v1/emails", body, key);
        Assert.True(answer.Status == 200, answer.Text);
        return answer.Word("emailId");
    }

    private Task ReachesAsync(string id, string status) => Poll.UntilAsync(
        $"{id} is {status}", async () => (await Client.GetAsync($"/v1/emails/{id}"))["latestStatus"].GetValue<string>() == status);

    /// <summary>The file of a job about the address.</summary>
    private async Task<JsonNode> RunAsync(string what)
    {
        var job = await Client.PostAsync("/v1/privacy/" + what, $$"""{"address":"{{Victim.ToUpperInvariant()}}"}""");
        Assert.True(job.Status == 202, job.Text);
        ApiAnswer? found = null;
        await Poll.UntilAsync("the job ends", async () => (found = await Client.GetAsync($"/v1/jobs/{job.Word("id")}")).Word("status") is "succeeded" or "failed", TimeSpan.FromSeconds(60));
        Assert.True(found!.Word("status") == "succeeded", found.Text);
        return (await Client.GetAsync($"/v1/jobs/{job.Word("id")}/file")).Body!;
    }

    private List<string> FilesWithAddress()
    {
        var found = new List<string>();
        foreach (var file in Directory.EnumerateFiles(_world.Relay.DataFolder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".sock", StringComparison.Ordinal)))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var memory = new MemoryStream();
            stream.CopyTo(memory);
            var text = Encoding.Latin1.GetString(memory.GetBuffer(), 0, (int)memory.Length);
            var at = text.IndexOf("jane.doe", StringComparison.OrdinalIgnoreCase);
            if (at >= 0)
            {
                found.Add($"{Path.GetFileName(file)} at {at}: {text.Substring(Math.Max(0, at - 200), Math.Min(400, text.Length - Math.Max(0, at - 200)))}");
            }
        }

        return found;
    }
}
