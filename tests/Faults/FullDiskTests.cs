using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>A full disk refuses mail in time, loses none, and needs no restart when there is room again.</summary>
public sealed class FullDiskTests
{
    [MountFact]
    public async Task Answers_452_before_content_when_less_than_min_free_disk_is_left()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = new RelayProcess();
        using var disk = new SmallDisk(relay.DataFolder, sizeMiB: 32);
        relay.Configure(Settings(sink, "16MiB"));
        await relay.StartAsync();
        Assert.StartsWith("250", await SubmitAsync(relay, "before", 1000), StringComparison.Ordinal);

        disk.Fill(20);
        await Poll.UntilAsync("the relay notices", async () => !(await relay.ReadyAsync()).IsReady);
        using var sender = await SmtpSender.ConnectAsync(relay.SmtpPort);
        await sender.CommandAsync("EHLO client.example.com");
        Assert.StartsWith("452", await sender.CommandAsync("MAIL FROM:<sender@origin.test>"), StringComparison.Ordinal);

        disk.Clear();
        await Poll.UntilAsync("the relay recovers", relay.IsReadyAsync);
        Assert.StartsWith("250", await SubmitAsync(relay, "after", 1000), StringComparison.Ordinal);
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(["before", "after"], sink.Messages.Select(Letter.IdOf));
    }

    [MountFact]
    public async Task Loses_nothing_it_accepted_on_a_disk_that_is_really_full()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = new RelayProcess();
        using var disk = new SmallDisk(relay.DataFolder, sizeMiB: 16);
        relay.Configure(Settings(sink, "0"));
        await relay.StartAsync();
        Assert.StartsWith("250", await SubmitAsync(relay, "before", 1000), StringComparison.Ordinal);

        disk.Fill();
        var accepted = new List<string> { "before" };
        for (var i = 0; i < 20; i++)
        {
            // Room that is left within allocated pages may still serve; then it must be kept like any other.
            var reply = await SubmitAsync(relay, $"full-{i}", i % 2 == 0 ? Letter.LargeBytes : 20_000);
            Assert.Matches("^(250|451|452) ", reply);
            if (reply.StartsWith("250", StringComparison.Ordinal))
            {
                accepted.Add($"full-{i}");
            }
        }

        Assert.True(accepted.Count < 20, "the disk was not full");
        Assert.False(relay.HasExited);
        disk.Clear();
        await Poll.UntilAsync("the relay recovers", relay.IsReadyAsync);
        Assert.StartsWith("250", await SubmitAsync(relay, "after", Letter.LargeBytes), StringComparison.Ordinal);
        accepted.Add("after");
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(90));

        // While nothing could be settled a delivery may have been repeated, never lost.
        Assert.Equal(accepted.Order(), sink.Messages.Select(Letter.IdOf).Distinct().Order());
    }

    private static Task<string> SubmitAsync(RelayProcess relay, string id, int sizeBytes) =>
        SmtpSender.SubmitAsync(relay.SmtpPort, "sender@origin.test", ["someone@destination.test"], Letter.Of(id, sizeBytes));

    private static string Settings(SmtpSink sink, string minFreeDisk) =>
        $"""
        [retry]
        schedule = ["1s"]

        [queue]
        min_free_disk = "{minFreeDisk}"

        [route."*"]
        smarthost = "127.0.0.1:{sink.Port}"
        tls = "none"
        """;
}
