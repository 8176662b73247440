using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>A site that was dead for a while gets its deferred mail when it answers, not when the retry schedule comes around.</summary>
public sealed class SiteReturnTests
{
    private const int Messages = 30;

    [Fact]
    public async Task Deferred_mail_flows_when_its_site_comes_back()
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
        await using var site = SmtpSink.Start(new SmtpSinkOptions { Port = port });

        Assert.Equal(Messages, (await site.NextMessagesAsync(Messages, TimeSpan.FromSeconds(60))).Count);
    }
}
