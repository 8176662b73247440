using System.Diagnostics;

namespace Relay.Bench.Load;

/// <summary>Throughput, cost and latency of each server in alternated runs.</summary>
/// <remarks>Each run: fresh queue, warm-up, load, wait for the last arrival, then an even 50/s for the latency.</remarks>
internal static class EndToEndScenario
{
    private const int PacedPerSecond = 50;
    private static readonly TimeSpan PacedFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DrainLimit = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(LoadOptions options)
    {
        var results = new List<Measurement>();
        ResultTable.PrintHeader();
        for (var run = 1; run <= options.Runs; run++)
        {
            foreach (var server in Servers(options))
            {
                var measured = await MeasureAsync(options, server);
                results.Add(measured);
                ResultTable.Print(measured, $", run {run}");
            }
        }

        foreach (var group in results.GroupBy(r => r.Server))
        {
            ResultTable.Print(Measurement.MedianOf([.. group]), ", **median**");
        }

        return results.TrueForAll(r => r.Lost == 0) ? 0 : 1;
    }

    private static IEnumerable<IMailServer> Servers(LoadOptions options)
    {
        yield return new RelayServer(options.RelayExecutable, withEd25519: false);
        if (options.WithoutJournal)
        {
            yield return new RelayServer(options.RelayExecutable, withEd25519: false) { HasJournal = false };
        }

        if (options.WithoutGates)
        {
            yield return new RelayServer(options.RelayExecutable, withEd25519: false) { HasGates = false };
        }

        if (options.WithEd25519)
        {
            yield return new RelayServer(options.RelayExecutable, withEd25519: true);
        }

        if (options.WithPostfix)
        {
            yield return new PostfixServer();
        }
    }

    private static async Task<Measurement> MeasureAsync(LoadOptions options, IMailServer server)
    {
        using var folder = new RunFolder(options);
        var ledger = new MessageLedger(options.Warmup + options.Count + (int)(PacedPerSecond * PacedFor.TotalSeconds));
        await using var dns = Zone.Serve(folder.Path);
        await using var sink = new SmtpSink(ledger, deferringAddress: 0, TimeSpan.Zero);
        await using var ended = server;
        await server.StartAsync(folder.Path);
        var source = new SmtpSource(Door.Endpoint, options.SizeBytes, ledger);
        await source.FloodAsync(options.Connections, options.Warmup, TimeSpan.FromSeconds(options.WarmupSeconds), Zone.DomainOf);
        await DrainAsync(ledger);

        var first = ledger.Issued;
        var arrivedBefore = ledger.Arrived;
        var cpuBefore = ProcessTree.CpuSeconds(server.Processes);
        var start = Stopwatch.GetTimestamp();
        await source.FloodAsync(options.Connections, options.Count, TimeSpan.FromSeconds(options.Seconds), Zone.DomainOf);
        await DrainAsync(ledger);
        var cpu = ProcessTree.CpuSeconds(server.Processes) - cpuBefore;
        var (resident, proportional) = ProcessTree.MemoryMiB(server.Processes);
        var sent = ledger.Issued - first;
        var arrived = ledger.Arrived - arrivedBefore;
        var acceptedFor = Stopwatch.GetElapsedTime(start, ledger.LastAccepted(first)).TotalSeconds;
        var arrivedFor = Stopwatch.GetElapsedTime(start, ledger.LastArrival(first)).TotalSeconds;

        var firstPaced = ledger.Issued;
        await source.PaceAsync(PacedPerSecond, PacedFor, Zone.DomainOf);
        await DrainAsync(ledger);
        var latencies = ledger.Latencies(firstPaced);
        return new Measurement
        {
            Server = server.Name,
            AcceptedPerSecond = sent / acceptedFor,
            DeliveredPerSecond = arrived / arrivedFor,
            CpuSecondsPerThousand = cpu * 1000 / Math.Max(1, arrived),
            MedianMs = Measurement.Percentile(latencies, 0.5),
            Percentile99Ms = Measurement.Percentile(latencies, 0.99),
            ResidentMiB = resident,
            ProportionalMiB = proportional,
            Lost = ledger.CountLost(0),
            Duplicates = ledger.Duplicates,
            Unsigned = ledger.Unsigned,
            Refused = ledger.Refused,
        };
    }

    /// <summary>Until all that was accepted has arrived, at most a minute.</summary>
    public static async Task DrainAsync(MessageLedger ledger)
    {
        var start = Stopwatch.GetTimestamp();
        while (ledger.Arrived < ledger.Accepted && Stopwatch.GetElapsedTime(start) < DrainLimit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }
}
