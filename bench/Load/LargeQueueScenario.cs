using System.Diagnostics;
using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>A start with a very large queue: how soon the first message leaves, how fast the queue drains, how much memory it takes.</summary>
/// <remarks>
/// 1. Fill while nobody listens at the destinations; every message has recipients at all twenty. 2. Stop, and start again with the
/// destinations there. 3. Measure from the start of the process.
/// </remarks>
internal static class LargeQueueScenario
{
    private const int RecipientsPerMessage = 100;
    private const int PortOfNobody = 26;
    private const double MostMiB = 512;
    private static readonly TimeSpan LongestToFirst = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(20);

    public static async Task<int> RunAsync(LoadOptions options)
    {
        using var folder = new RunFolder(options);
        var ledger = new MessageLedger(0);
        await using var dns = Zone.Serve(folder.Path);
        await using var sink = new SmtpSink(ledger, deferringAddress: 0, TimeSpan.Zero);
        await FillAsync(options, folder, ledger);

        var start = Stopwatch.GetTimestamp();
        await using var server = new RelayServer(options.RelayExecutable, withEd25519: false);
        await server.StartAsync(folder.Path);
        var greets = Stopwatch.GetElapsedTime(start);
        var atStart = ProcessTree.MemoryMiB(server.Processes).Resident;
        while (sink.Taken == 0 && Stopwatch.GetElapsedTime(start) < Patience)
        {
            await Task.Delay(Step, TimeProvider.System, CancellationToken.None);
        }

        var toFirst = Stopwatch.GetElapsedTime(start);
        var (rate, most) = await DrainAsync(options, sink, server);
        Console.WriteLine("| recipients queued | greets after s | first delivery after s | recipients /s while draining | RSS MB at start | RSS MB at most | refused |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {options.Backlog} | {greets.TotalSeconds:F1} | {toFirst.TotalSeconds:F1} | {rate:F0} | {atStart:F0} | {most:F0} | {ledger.Refused} |"));
        return sink.Taken > 0 && toFirst <= LongestToFirst && most <= MostMiB && ledger.Refused == 0 ? 0 : 1;
    }

    private static async Task FillAsync(LoadOptions options, RunFolder folder, MessageLedger ledger)
    {
        await using var server = new RelayServer(options.RelayExecutable, withEd25519: false) { DestinationPort = PortOfNobody };
        await server.StartAsync(folder.Path);
        var start = Stopwatch.GetTimestamp();
        await new SmtpSource(server.Endpoint, options.SizeBytes, ledger).FillAsync(Zone.DomainOf, options.Backlog, RecipientsPerMessage, options.Connections);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"filled with {options.Backlog} recipients in {Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s, RSS {ProcessTree.MemoryMiB(server.Processes).Resident:F0} MB"));
    }

    /// <summary>Recipients a second from now on, and the most memory seen.</summary>
    private static async Task<(double Rate, double MostMiB)> DrainAsync(LoadOptions options, SmtpSink sink, RelayServer server)
    {
        var start = Stopwatch.GetTimestamp();
        var before = sink.Taken;
        double most = 0;
        while (Stopwatch.GetElapsedTime(start).TotalSeconds < options.Seconds && sink.Taken < options.Backlog)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), TimeProvider.System, CancellationToken.None);
            most = Math.Max(most, ProcessTree.MemoryMiB(server.Processes).Resident);
        }

        return ((sink.Taken - before) / Stopwatch.GetElapsedTime(start).TotalSeconds, most);
    }
}
