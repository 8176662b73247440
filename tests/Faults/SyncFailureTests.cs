using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>A disk that fails to write or sync: never a 250, the process stays, and it recovers when the disk does.</summary>
public sealed class SyncFailureTests
{
    private const string Syncs = "fsync,fdatasync";
    private const string Writes = "pwrite64";

    [PeerFact("strace")]
    public Task Answers_451_when_the_database_cannot_be_synced() => FailAndRecoverAsync(Syncs, 1000);

    [PeerFact("strace")]
    public Task Answers_451_when_the_spool_cannot_be_synced() => FailAndRecoverAsync(Syncs, Letter.LargeBytes);

    // The log of the database is written when it is synced, in pieces of 120 KiB.
    [PeerFact("strace")]
    public Task Answers_451_when_the_database_cannot_be_written() => FailAndRecoverAsync(Writes, 1000);

    [PeerFact("strace")]
    public Task Answers_451_when_the_database_cannot_be_written_in_the_middle_of_a_commit() => FailAndRecoverAsync(Writes, 200_000);

    private static async Task FailAndRecoverAsync(string calls, int sizeBytes)
    {
        await using var sink = SmtpSink.Start();
        await using var relay = new RelayProcess();
        relay.Configure(
            $"""
            [queue]
            min_free_disk = "0"

            [route."*"]
            smarthost = "127.0.0.1:{sink.Port}"
            tls = "none"
            """);
        await relay.StartAsync();
        using var folder = new TemporaryFolder();

        // The transaction is opened while all is well, so that the failure meets the commit and not the check before it.
        using var sender = await SmtpSender.ConnectAsync(relay.SmtpPort);
        await sender.CommandAsync("EHLO client.example.com");
        Assert.StartsWith("354", await sender.BeginDataAsync("sender@origin.test", ["someone@destination.test"]), StringComparison.Ordinal);
        await using (await Tracer.AttachAsync(
            relay, folder.File("strace.log"), "-e", "trace=" + calls, "-e", $"inject={calls}:error=EIO"))
        {
            Assert.StartsWith("451", await sender.EndDataAsync(Letter.Of("refused", sizeBytes)), StringComparison.Ordinal);
            await Poll.UntilAsync("the relay says that it is not ready", async () => !(await relay.ReadyAsync()).IsReady);
            var (_, reason) = await relay.ReadyAsync();
            Assert.Contains(sizeBytes < Letter.LargeBytes ? "store" : "spool", reason, StringComparison.Ordinal);

            // Before content is read, and in the same session.
            Assert.StartsWith("452", await sender.BeginDataAsync("sender@origin.test", ["someone@destination.test"]), StringComparison.Ordinal);
        }

        await Poll.UntilAsync("the relay is ready again", relay.IsReadyAsync);
        Assert.StartsWith(
            "250",
            await sender.SendAsync("sender@origin.test", ["someone@destination.test"], Letter.Of("accepted", sizeBytes)),
            StringComparison.Ordinal);
        await relay.WaitUntilQueueIsEmptyAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(["accepted"], sink.Messages.Select(Letter.IdOf));
    }
}
