using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>A day's limit holds however often, and at whatever moment, the program is killed.</summary>
public sealed class BudgetKillTests
{
    private const int PerDay = 100;
    private const int Messages = 160;

    // A fiftieth of the limit, and what was counted on its way to the peer.
    private const int LostByKill = (PerDay / 50) + 5;

    // Long enough for mail that nothing held back to arrive.
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(4);

    [Fact]
    public async Task Kills_in_the_middle_of_sending_give_no_second_budget()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = new RelayProcess();
        relay.Configure(string.Create(
            CultureInfo.InvariantCulture,
            $"""
            [queue]
            min_free_disk = "0"

            [limits.domain."limited.test"]
            message_rate = ["20/s", "{PerDay}/d"]

            [route."limited.test"]
            smarthost = "127.0.0.1:{sink.Port}"
            tls = "none"
            """));
        await relay.StartAsync();
        using (var sender = await SmtpSender.ConnectAsync(relay.SmtpPort))
        {
            await sender.CommandAsync("EHLO client.example.com");
            for (var i = 0; i < Messages; i++)
            {
                Assert.StartsWith("250", await sender.SendAsync("sender@origin.test", [$"r{i}@limited.test"], Letter.Of($"m{i}")), StringComparison.Ordinal);
            }
        }

        foreach (var enough in new[] { 20, 50 })
        {
            await Poll.UntilAsync($"{enough} have gone", () => sink.Transactions >= enough, TimeSpan.FromSeconds(60));
            await relay.KillAsync();
            await relay.StartAsync();
        }

        await Poll.UntilAsync("the rest of the day's has gone", () => sink.Transactions >= PerDay - (2 * LostByKill), TimeSpan.FromSeconds(60));
        await Task.Delay(LongEnough, TimeProvider.System);

        Assert.InRange(sink.Transactions, PerDay - (2 * LostByKill), PerDay);
    }
}
