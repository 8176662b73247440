using System.Diagnostics;
using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>Healthy destinations beside a large backlog at one that answers 451 slowly.</summary>
/// <remarks>
/// 1. Warm up, then measure 19 domains with an empty queue. 2. Fill in the backlog for the twentieth and wait until every recipient has been
/// tried once or the limit is over. 3. Measure the 19 again while retries go on. The ratio of both is what the backlog costs the others.
/// </remarks>
internal static class DeferredScenario
{
    private const int RecipientsPerMessage = 100;
    private const int PacedPerSecond = 50;
    private static readonly TimeSpan PacedFor = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FirstTriesLimit = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan DeferralDelay = TimeSpan.FromMilliseconds(1);

    public static async Task<int> RunAsync(LoadOptions options)
    {
        using var folder = new RunFolder(options);
        var paced = (int)(PacedPerSecond * PacedFor.TotalSeconds);
        var ledger = new MessageLedger(options.Warmup + (2 * options.Count) + (2 * paced));
        await using var dns = Zone.Serve(folder.Path);
        await using var sink = new SmtpSink(ledger, deferringAddress: 1, DeferralDelay);
        await using var server = new RelayServer(options.RelayExecutable, withEd25519: false);
        await server.StartAsync(folder.Path);
        var source = new SmtpSource(Door.Endpoint, options.SizeBytes, ledger);
        await source.FloodAsync(options.Connections, options.Warmup, TimeSpan.FromSeconds(options.WarmupSeconds), Zone.HealthyDomainOf);
        await EndToEndScenario.DrainAsync(ledger);

        Console.WriteLine("| queue | healthy end to end /s | p50 / p99 ms at 50/s | RSS MB | deferrals so far |");
        Console.WriteLine("|---|---|---|---|---|");
        var empty = await MeasureAsync(options, source, ledger, server);
        Print("empty", empty, sink.Deferrals);

        await source.FillAsync(_ => "d1.test", options.Backlog, RecipientsPerMessage, options.Connections);
        await WaitForFirstTriesAsync(sink, options.Backlog);
        var beside = await MeasureAsync(options, source, ledger, server);
        Print(string.Create(CultureInfo.InvariantCulture, $"{options.Backlog} deferred"), beside, sink.Deferrals);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| ratio | {beside.DeliveredPerSecond / empty.DeliveredPerSecond:F2} | {beside.MedianMs / empty.MedianMs:F1} / {beside.Percentile99Ms / empty.Percentile99Ms:F1} | | |"));
        Console.WriteLine($"lost {beside.Lost}, duplicates {ledger.Duplicates}, unsigned {ledger.Unsigned}, refused {ledger.Refused}");
        return beside.Lost == 0 && ledger.Refused == 0 ? 0 : 1;
    }

    private static async Task<Measurement> MeasureAsync(LoadOptions options, SmtpSource source, MessageLedger ledger, RelayServer server)
    {
        var firstPaced = ledger.Issued;
        await source.PaceAsync(PacedPerSecond, PacedFor, Zone.HealthyDomainOf);
        await EndToEndScenario.DrainAsync(ledger);
        var latencies = ledger.Latencies(firstPaced);
        var first = ledger.Issued;
        var arrivedBefore = ledger.Arrived;
        var start = Stopwatch.GetTimestamp();
        await source.FloodAsync(options.Connections, options.Count, TimeSpan.FromSeconds(options.Seconds), Zone.HealthyDomainOf);
        await EndToEndScenario.DrainAsync(ledger);
        return new Measurement
        {
            Server = server.Name,
            DeliveredPerSecond = (ledger.Arrived - arrivedBefore) / Stopwatch.GetElapsedTime(start, ledger.LastArrival(first)).TotalSeconds,
            MedianMs = Measurement.Percentile(latencies, 0.5),
            Percentile99Ms = Measurement.Percentile(latencies, 0.99),
            ResidentMiB = ProcessTree.MemoryMiB(server.Processes).Resident,
            Lost = ledger.CountLost(0),
        };
    }

    public static async Task WaitForFirstTriesAsync(SmtpSink sink, int backlog)
    {
        var start = Stopwatch.GetTimestamp();
        while (sink.Deferrals < backlog && Stopwatch.GetElapsedTime(start) < FirstTriesLimit)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, CancellationToken.None);
        }
    }

    private static void Print(string queue, Measurement m, int deferrals) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {queue} | {m.DeliveredPerSecond:F0} | {m.MedianMs:F1} / {m.Percentile99Ms:F1} | {m.ResidentMiB:F0} | {deferrals} |"));
}
