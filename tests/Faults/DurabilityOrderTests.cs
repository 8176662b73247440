using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Faults;

/// <summary>A 250 is never sent before content and envelope are durable: seen from the kernel.</summary>
public sealed partial class DurabilityOrderTests
{
    [PeerFact("strace")]
    public async Task Writes_and_syncs_the_log_of_the_database_between_final_dot_and_250()
    {
        var calls = await TraceAsync(Letter.Of("small"));
        var (dot, reply) = Bounds(calls);
        var written = calls.First(call => LogWrite().IsMatch(call.Text) && call.Text.Contains("someone@destination.test", StringComparison.Ordinal) && call.Began > dot.Ended);
        Assert.True(written.Succeeded);
        Assert.Contains(Syncs(calls, written, reply), call => call.Text.Contains("relay.db-wal>", StringComparison.Ordinal));
    }

    [PeerFact("strace")]
    public async Task Syncs_file_then_folder_then_database_between_final_dot_and_250()
    {
        var calls = await TraceAsync(Letter.Of("large", Letter.LargeBytes));
        var (dot, reply) = Bounds(calls);
        var syncs = Syncs(calls, dot, reply);
        var file = Assert.Single(syncs, call => SpoolFile().IsMatch(call.Text));
        var folder = Assert.Single(syncs, call => SpoolFolder().IsMatch(call.Text));
        Assert.Contains(syncs, call => call.Text.Contains("-wal>", StringComparison.Ordinal) && call.Began > folder.Ended);
        Assert.True(folder.Began > file.Ended, "the folder was synced before the file");

        // The name appears only when the content is whole, and the folder is synced with the name in it.
        Assert.Contains(calls, call => Naming().IsMatch(call.Text) && call.Succeeded && call.Began > file.Ended && call.Ended < folder.Began);
    }

    private static async Task<IReadOnlyList<SystemCall>> TraceAsync(byte[] content)
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
        var log = folder.File("strace.log");
        await using (await Tracer.AttachAsync(
            relay, log, "-tt", "-y", "-s", "1000000", "-e", "trace=fsync,fdatasync,pwrite64,recvfrom,recvmsg,read,sendto,sendmsg,rename,renameat2,link,linkat"))
        {
            await relay.AcceptAsync("sender@origin.test", ["someone@destination.test"], content);
        }

        return SystemCalls.Read(log);
    }

    private static (SystemCall Dot, SystemCall Reply) Bounds(IReadOnlyList<SystemCall> calls)
    {
        var reply = Assert.Single(calls, call => Accepted().IsMatch(call.Text));
        var dot = calls.Last(call => FinalDot().IsMatch(call.Text) && call.Ended < reply.Began);
        return (dot, reply);
    }

    private static List<SystemCall> Syncs(IReadOnlyList<SystemCall> calls, SystemCall after, SystemCall before) =>
        [.. calls.Where(call => SyncCall().IsMatch(call.Text) && call.Succeeded && call.Began > after.Ended && call.Ended < before.Began)];

    [GeneratedRegex(@"^send(to|msg)\(.*250 2\.0\.0 accepted as")]
    private static partial Regex Accepted();

    // Alone, or behind the last line of the content.
    [GeneratedRegex("""^(recvfrom|recvmsg|read)\(.*("|\\r\\n)\.\\r\\n".*= [1-9]""")]
    private static partial Regex FinalDot();

    [GeneratedRegex(@"^(fsync|fdatasync)\(")]
    private static partial Regex SyncCall();

    [GeneratedRegex(@"^pwrite64\(\d+<[^>]*relay\.db-wal>")]
    private static partial Regex LogWrite();

    [GeneratedRegex(@"/spool/tmp/[0-9a-f]{32}>")]
    private static partial Regex SpoolFile();

    [GeneratedRegex(@"/spool/[0-9a-f]{2}>")]
    private static partial Regex SpoolFolder();

    [GeneratedRegex(@"^(rename|link)[a-z0-9]*\(.*/spool/tmp/.*/spool/[0-9a-f]{2}/")]
    private static partial Regex Naming();
}
