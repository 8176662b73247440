using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>A site that was dead for a while gets its deferred mail when it answers, not when the retry schedule comes around.</summary>
public sealed class SiteReturnTests
{
    private const int Messages = 30;

    // What waits for a dead site is written every two seconds.
    private static readonly TimeSpan UntilWritten = TimeSpan.FromSeconds(8);

    [Theory]
    [InlineData(Between.Nothing)]
    [InlineData(Between.Stop)]
    [InlineData(Between.Kill)]
    public async Task Deferred_mail_flows_when_its_site_comes_back(Between between)
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
        await StartAnewAsync(relay, between);
        await using var site = SmtpSink.Start(new SmtpSinkOptions { Port = port });

        Assert.Equal(Messages, (await site.NextMessagesAsync(Messages, TimeSpan.FromSeconds(60))).Count);
    }

    private static async Task StartAnewAsync(RelayProcess relay, Between between)
    {
        switch (between)
        {
            case Between.Stop:
                await relay.StopAsync();
                await relay.StartAsync();
                break;
            case Between.Kill:
                await Task.Delay(UntilWritten, TimeProvider.System);
                await relay.KillAsync();
                await relay.StartAsync();
                break;
            default:
                break;
        }
    }

    /// <summary>What happens to the relay between the failures and the return.</summary>
    public enum Between
    {
        Nothing,
        Stop,
        Kill,
    }
}
