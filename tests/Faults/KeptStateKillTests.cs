using System.Globalization;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>What limits sending outlives the process: the day's count, a receiver's request to wait, the progress of a warm-up.</summary>
public sealed class KeptStateKillTests
{
    private const int PerDay = 2;
    private const int WarmupDay = 3;

    // Long enough for mail that nothing held back to arrive.
    private static readonly TimeSpan LongEnough = TimeSpan.FromSeconds(4);

    [PeerFact("python3")]
    public async Task Budgets_decisions_and_warm_ups_bind_after_a_kill()
    {
        // A warm-up's day ends at midnight.
        await CalendarDay.WithRoomAsync(TimeSpan.FromMinutes(5));
        var isBusy = true;
        await using var limited = SmtpSink.Start();
        await using var warming = SmtpSink.Start();
        await using var shaped = SmtpSink.Start(new SmtpSinkOptions { Mail = _ => Volatile.Read(ref isBusy) ? "451 4.7.0 busy, try again in 30 minutes" : null });
        await using var relay = new RelayProcess();
        relay.Configure(
            $"""
            [queue]
            min_free_disk = "0"

            [retry]
            schedule = ["1s"]

            [limits.domain."limited.test"]
            message_rate = ["100/s", "{PerDay}/d"]

            [egress.source.new]
            address = "127.0.0.1"

            [warmup.slowly]
            source = "new"
            plan = [{WarmupDay}, 100]

            {Route("limited.test", limited)}
            {Route("warming.test", warming)}
            {Route("shaped.test", shaped)}
            """);
        await relay.StartAsync();
        await SendAsync(relay, "limited.test", 5);
        await SendAsync(relay, "warming.test", 5);
        await SendAsync(relay, "shaped.test", 1);
        await Poll.UntilAsync("all that may go has gone", () => limited.Messages.Count == PerDay && warming.Messages.Count == WarmupDay);
        await Poll.UntilAsync("the receiver's request is kept", async () => await ActiveDecisionsAsync(relay) > 0);

        // The day's count is written ahead; a warm-up's progress each second.
        await relay.KeepsAsync("the warm-up's progress is written", "history.db", "SELECT max(sent) FROM warmup", WarmupDay);

        await relay.KillAsync();
        Volatile.Write(ref isBusy, false);
        await relay.StartAsync();
        await SendAsync(relay, "limited.test", 2);
        await SendAsync(relay, "warming.test", 2);
        await SendAsync(relay, "shaped.test", 2);
        await Task.Delay(LongEnough, TimeProvider.System);

        Assert.Equal((PerDay, WarmupDay, 0), (limited.Messages.Count, warming.Messages.Count, shaped.Messages.Count));
        Assert.True(await ActiveDecisionsAsync(relay) > 0, "no decision is in force");

        // It was nothing else that held them back: what is ended by hand lets go the mail that came since. The first one waits as it was told.
        await EndDecisionsAsync(relay);
        await Poll.UntilAsync("the site's mail goes", () => shaped.Messages.Count == 2, TimeSpan.FromSeconds(60));
        Assert.Equal((PerDay, WarmupDay), (limited.Messages.Count, warming.Messages.Count));
    }

    private static string Route(string domain, SmtpSink sink) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
        [route."{domain}"]
        smarthost = "127.0.0.1:{sink.Port}"
        tls = "none"

        """);

    private static async Task SendAsync(RelayProcess relay, string domain, int count)
    {
        using var sender = await SmtpSender.ConnectAsync(relay.SmtpPort);
        await sender.CommandAsync("EHLO client.example.com");
        for (var i = 0; i < count; i++)
        {
            Assert.StartsWith("250", await sender.SendAsync("sender@origin.test", [$"r{i}@{domain}"], Letter.Of($"{domain}-{i}")), StringComparison.Ordinal);
        }
    }

    private static async Task<int> ActiveDecisionsAsync(RelayProcess relay) =>
        (await relay.GetAsync("/admin/v1/shaping/decisions?active=true")).GetProperty("entries").GetArrayLength();

    private static async Task EndDecisionsAsync(RelayProcess relay)
    {
        foreach (var decision in (await relay.GetAsync("/admin/v1/shaping/decisions?active=true")).GetProperty("entries").EnumerateArray())
        {
            var (exitCode, output) = await relay.RunAsync("shaping", "end", decision.GetProperty("id").ToString());
            Assert.True(exitCode == 0, output);
        }
    }
}
