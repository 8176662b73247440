using System.Globalization;
using Relay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Relay.Tests.Faults;

/// <summary>Thousands of recipients at a site that does not answer must not slow the others down.</summary>
public sealed class DeadSiteTests(ITestOutputHelper output)
{
    private const int DeadMessages = 50;
    private const int RecipientsEach = 100;
    private const int HealthyMessages = 100;

    // A tenth of the time the dead site's greeting is waited for, and far above what a busy machine needs.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    [Fact]
    public Task Delivers_elsewhere_while_a_site_never_greets() =>
        DeliverBesideAsync(SmtpSink.Start(new SmtpSinkOptions { Fault = (_, step) => step == SinkStep.Connect ? SinkFault.Hang : null }));

    [Fact]
    public Task Delivers_elsewhere_while_a_site_defers_everybody() =>
        DeliverBesideAsync(SmtpSink.Start(new SmtpSinkOptions { Recipient = _ => "451 4.3.0 not now" }));

    private async Task DeliverBesideAsync(SmtpSink deadSite)
    {
        await using var dead = deadSite;
        await using var healthy = SmtpSink.Start();
        await using var relay = new RelayProcess();
        relay.Configure(
            $"""
            [queue]
            min_free_disk = "0"

            [retry]
            schedule = ["1s"]

            [route."dead.test"]
            smarthost = "127.0.0.1:{dead.Port}"
            tls = "none"

            [route."healthy.test"]
            smarthost = "127.0.0.1:{healthy.Port}"
            tls = "none"
            """);
        await relay.StartAsync();
        await SendAsync(relay, DeadMessages, i => [.. Enumerable.Range(0, RecipientsEach).Select(r => $"r{i}-{r}@dead.test")]);

        var started = TimeProvider.System.GetTimestamp();
        await SendAsync(relay, HealthyMessages, i => [$"h{i}@healthy.test"]);
        await Poll.UntilAsync("all healthy mail is delivered", () => healthy.Messages.Count == HealthyMessages, Bound);
        var elapsed = TimeProvider.System.GetElapsedTime(started);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{HealthyMessages} messages beside {DeadMessages * RecipientsEach} waiting recipients: {elapsed.TotalSeconds:0.0} s"));

        // Nobody of the others was lost or settled meanwhile; what has arrived is settled a moment later.
        var waiting = 0L;
        await Poll.UntilAsync("the healthy mail is settled", async () =>
        {
            var counts = await relay.CountsAsync();
            waiting = Waiting.Sum(state => (long)counts.GetValueOrDefault(state));
            return waiting <= DeadMessages * RecipientsEach;
        });
        Assert.Equal(DeadMessages * RecipientsEach, waiting);
    }

    private static readonly string[] Waiting = ["scheduled", "ready", "leased", "deferred", "held"];

    private static async Task SendAsync(RelayProcess relay, int count, Func<int, string[]> recipients)
    {
        using var sender = await SmtpSender.ConnectAsync(relay.SmtpPort);
        await sender.CommandAsync("EHLO client.example.com");
        for (var i = 0; i < count; i++)
        {
            var reply = await sender.SendAsync("sender@origin.test", recipients(i), Letter.Of($"m{i}"));
            Assert.StartsWith("250", reply, StringComparison.Ordinal);
        }
    }
}
