using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>What cannot be delivered in time is given up, and its sender told.</summary>
public sealed class ExpiryTests
{
    [Fact]
    public async Task Expires_and_reports_to_the_sender()
    {
        await using var origin = SmtpSink.Start();
        await using var relay = new RelayProcess();
        relay.Configure(
            $"""
            [retry]
            schedule = ["4s"]
            expire_after = "10s"

            [queue]
            min_free_disk = "0"

            [route."origin.test"]
            smarthost = "127.0.0.1:{origin.Port}"
            tls = "none"

            [route."dead.test"]
            smarthost = "127.0.0.2:{LoopbackPorts.Free()}"
            tls = "none"
            """);
        await relay.StartAsync();

        var id = await relay.AcceptAsync("sender@origin.test", ["someone@dead.test"], Letter.Of("late"));
        var message = await relay.WaitForStateAsync(id, "expired");
        Assert.NotEmpty(message.EventsOf("deferred"));
        Assert.Equal("5.4.7", Assert.Single(message.EventsOf("expired")).Text("enhancedCode"));

        var report = await origin.NextMessageAsync();
        Assert.Equal("", report.ReversePath);
        Assert.Equal(["sender@origin.test"], report.Recipients);
        Assert.Contains("multipart/report", report.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("someone@dead.test", report.Text, StringComparison.Ordinal);
        Assert.Contains("Status: 5.4.7", report.Text, StringComparison.Ordinal);

        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(30));
        Assert.Single(origin.Messages);
    }
}
