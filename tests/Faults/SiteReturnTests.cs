using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>A site that was dead for a while gets its deferred mail when it answers, not when the retry schedule comes around.</summary>
public sealed class SiteReturnTests
{
    private const int Messages = 30;

    [Fact]
    public Task Deferred_mail_flows_when_its_site_comes_back() => ComesBackAsync(_ => Task.CompletedTask);

    [Fact]
    public Task Deferred_mail_flows_when_its_site_comes_back_after_a_restart() => ComesBackAsync(async relay =>
    {
        await relay.StopAsync();
        await relay.StartAsync();
    });

    [PeerFact("python3")]
    public Task Deferred_mail_flows_when_its_site_comes_back_after_a_kill() => ComesBackAsync(async relay =>
    {
        await relay.KeepsAsync("what waits for the dead site is written", "relay.db", "SELECT count(*) FROM down_key WHERE queue_key = 'dead.test'", 1);
        await relay.KillAsync();
        await relay.StartAsync();
    });

    /// <param name="between">What happens to the relay between the failures and the return.</param>
    private static async Task ComesBackAsync(Func<RelayProcess, Task> between)
    {
        var port = LoopbackPorts.Free();
        await using var relay = new RelayProcess();
        relay.Configure(
            $"""
            [queue]
            min_free_disk = "0"

            [retry]
            schedule = ["4h"]

            [route."dead.test"]
            smarthost = "127.0.0.1:{port}"
            tls = "none"
            """);
        relay.Environment["RELAY__DELIVERY__PROBE_INTERVAL"] = "1s";
        await relay.StartAsync();
        using (var sender = await SmtpSender.ConnectAsync(relay.SmtpPort))
        {
            await sender.CommandAsync("EHLO client.example.com");
            for (var i = 0; i < Messages; i++)
            {
                Assert.StartsWith("250", await sender.SendAsync("sender@origin.test", [$"r{i}@dead.test"], Letter.Of($"m{i}")), StringComparison.Ordinal);
            }
        }

        await Poll.UntilAsync("five have failed", async () => (await relay.CountsAsync()).GetValueOrDefault("deferred") >= 5, TimeSpan.FromSeconds(60));
        await between(relay);
        await using var site = SmtpSink.Start(new SmtpSinkOptions { Port = port });

        Assert.Equal(Messages, (await site.NextMessagesAsync(Messages, TimeSpan.FromSeconds(60))).Count);
    }
}
