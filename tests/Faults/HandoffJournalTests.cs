using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>The hand-off journal and the kernel: the order of its sync, and a disk that does not take it.</summary>
public sealed partial class HandoffJournalTests
{
    private const string JournalName = "handoff.journal";

    [PeerFact("strace")]
    public async Task Who_is_being_handed_over_is_on_disk_before_the_final_dot_goes_to_the_peer()
    {
        await using var sink = SmtpSink.Start();
        await using var relay = Configured(sink);
        await relay.StartAsync();
        using var folder = new TemporaryFolder();
        var log = folder.File("strace.log");
        await using (await Tracer.AttachAsync(relay, log, "-y", "-s", "100000", "-e", "trace=pwrite64,fsync,fdatasync,sendto,sendmsg"))
        {
            await relay.AcceptAsync("sender@origin.test", ["someone@destination.test"], Letter.Of("ordered"));
            await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(60));
        }

        var calls = SystemCalls.Read(log);
        var dot = Assert.Single(calls, call => FinalDot().IsMatch(call.Text));
        var note = calls.First(call => Note().IsMatch(call.Text) && call.Succeeded);
        Assert.Contains(calls, call => Sync().IsMatch(call.Text) && call.Succeeded && call.Began > note.Ended && call.Ended < dot.Began);
        Assert.Single(sink.Messages);
    }

    [PeerFact("strace")]
    public Task Mail_goes_on_without_a_journal_that_cannot_be_synced_and_the_operator_is_told() => GoesOnAsync("fsync,fdatasync", "EIO");

    [PeerFact("strace")]
    public Task Mail_goes_on_without_a_journal_on_a_full_disk_and_the_operator_is_told() => GoesOnAsync("pwrite64", "ENOSPC");

    [PeerFact("strace")]
    public Task Where_nothing_may_arrive_twice_mail_waits_for_a_journal_that_cannot_be_synced() => WaitsAsync("fsync,fdatasync", "EIO");

    [PeerFact("strace")]
    public Task Where_nothing_may_arrive_twice_mail_waits_for_a_journal_on_a_full_disk() => WaitsAsync("pwrite64", "ENOSPC");

    private static async Task GoesOnAsync(string calls, string error)
    {
        await using var sink = SmtpSink.Start();
        await using var relay = Configured(sink);
        await relay.StartAsync();
        using var folder = new TemporaryFolder();
        await using (await FailingAsync(relay, folder, calls, error))
        {
            var id = await relay.AcceptAsync("sender@origin.test", ["someone@destination.test"], Letter.Of("without"));
            await relay.WaitForStateAsync(id, "delivered");
        }

        await Poll.UntilAsync("the operator is told", () => relay.Output.Contains("hand-off journal", StringComparison.Ordinal));
        Assert.Equal(["without"], sink.Messages.Select(Letter.IdOf));
        await relay.AcceptAsync("sender@origin.test", ["someone@destination.test"], Letter.Of("after"));
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(["without", "after"], sink.Messages.Select(Letter.IdOf));
    }

    private static async Task WaitsAsync(string calls, string error)
    {
        await using var sink = SmtpSink.Start();
        await using var relay = Configured(sink);
        relay.Environment["RELAY__DELIVERY__ON_UNKNOWN"] = "hold";
        await relay.StartAsync();
        using var folder = new TemporaryFolder();
        string id;
        await using (await FailingAsync(relay, folder, calls, error))
        {
            id = await relay.AcceptAsync("sender@origin.test", ["someone@destination.test"], Letter.Of("waits"));
            var waiting = await relay.WaitForStateAsync(id, "deferred");
            Assert.Contains("the hand-off journal cannot be written", waiting.EventsOf("deferred")[0].Text("text"), StringComparison.Ordinal);
            Assert.Empty(sink.Messages);
        }

        await relay.WaitForStateAsync(id, "delivered", TimeSpan.FromSeconds(90));
        Assert.Equal(["waits"], sink.Messages.Select(Letter.IdOf));
    }

    private static RelayProcess Configured(SmtpSink sink)
    {
        var relay = new RelayProcess();
        relay.Configure(
            $"""
            [queue]
            min_free_disk = "0"

            [retry]
            schedule = ["5s"]

            [route."*"]
            smarthost = "127.0.0.1:{sink.Port}"
            tls = "none"
            """);
        return relay;
    }

    /// <summary>These calls fail on the journal, and on it alone.</summary>
    private static Task<Tracer> FailingAsync(RelayProcess relay, TemporaryFolder folder, string calls, string error) => Tracer.AttachAsync(
        relay, folder.File("strace.log"), "-P", Path.Combine(relay.DataFolder, JournalName), "-e", "trace=" + calls, "-e", $"inject={calls}:error={error}");

    // What the relay sends to the peer: nobody else gets content.
    [GeneratedRegex("""^send(to|msg)\(.*\\r\\n\.\\r\\n".*= [1-9]""")]
    private static partial Regex FinalDot();

    [GeneratedRegex(@"^pwrite64\(.*/handoff\.journal>")]
    private static partial Regex Note();

    [GeneratedRegex(@"^(fsync|fdatasync)\(.*/handoff\.journal>")]
    private static partial Regex Sync();
}
