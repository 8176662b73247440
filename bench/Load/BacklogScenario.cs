using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>What a backlog deferred at one site costs mail to healthy ones, in alternated pairs.</summary>
/// <remarks>
/// Two relays, one with an empty queue, one that holds the backlog and goes on trying it. The one that is not measured is stopped where it
/// stands, so that each has the machine for itself; their order changes from pair to pair.
/// </remarks>
internal static class BacklogScenario
{
    private const int RecipientsPerMessage = 100;
    private const int PacedPerSecond = 50;
    private const double WorstRatio = 1.5;
    private static readonly TimeSpan PacedFor = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan SettleTime = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DeferralDelay = TimeSpan.FromMilliseconds(1);

    public static async Task<int> RunAsync(LoadOptions options)
    {
        using var emptyFolder = new RunFolder(options);
        using var loadedFolder = new RunFolder(options);
        var ledger = new MessageLedger((2 * options.Warmup) + (2 * options.Runs * (int)(PacedPerSecond * PacedFor.TotalSeconds)));
        await using var dns = Zone.Serve(emptyFolder.Path);
        await using var sink = new SmtpSink(ledger, deferringAddress: 1, DeferralDelay);
        await using var empty = new RelayServer(options.RelayExecutable, withEd25519: false);
        await using var loaded = new RelayServer(options.RelayExecutable, withEd25519: false) { Endpoint = new(Door.Endpoint.Address, Door.Endpoint.Port + 1), AdminPort = 8026 };
        await WarmUpAsync(options, empty, emptyFolder, ledger);
        await empty.FreezeAsync(isFrozen: true);
        await WarmUpAsync(options, loaded, loadedFolder, ledger);
        await new SmtpSource(loaded.Endpoint, options.SizeBytes, ledger).FillAsync(_ => "d1.test", options.Backlog, RecipientsPerMessage, options.Connections);
        await DeferredScenario.WaitForFirstTriesAsync(sink, options.Backlog);
        await loaded.FreezeAsync(isFrozen: true);

        var ratios = new List<double>();
        Console.WriteLine($"{options.Backlog} recipients deferred at one site, {sink.Deferrals} deferrals before the first pair");
        Console.WriteLine("| pair | empty p50 / p99 ms | beside the backlog p50 / p99 ms | ratio of p99 | RSS MB empty / loaded |");
        Console.WriteLine("|---|---|---|---|---|");
        for (var pair = 1; pair <= options.Runs; pair++)
        {
            var first = pair % 2 == 1 ? empty : loaded;
            var one = await MeasureAsync(options, first, ledger);
            var other = await MeasureAsync(options, first == empty ? loaded : empty, ledger);
            var (calm, busy) = first == empty ? (one, other) : (other, one);
            ratios.Add(busy.Percentile99Ms / calm.Percentile99Ms);
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {pair} | {calm.MedianMs:F1} / {calm.Percentile99Ms:F1} | {busy.MedianMs:F1} / {busy.Percentile99Ms:F1} | {ratios[^1]:F2} | {calm.ResidentMiB:F0} / {busy.ResidentMiB:F0} |"));
        }

        // Whoever is frozen could not end in order.
        await empty.FreezeAsync(isFrozen: false);
        await loaded.FreezeAsync(isFrozen: false);
        ratios.Sort();
        var median = Measurement.Percentile([.. ratios], 0.5);
        var lost = ledger.CountLost(0);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"median ratio {median:F2} ({ratios[0]:F2}–{ratios[^1]:F2}), at most {WorstRatio} wanted; lost {lost}, duplicates {ledger.Duplicates}, refused {ledger.Refused}, deferrals {sink.Deferrals}"));
        return median <= WorstRatio && lost == 0 && ledger.Refused == 0 ? 0 : 1;
    }

    private static async Task WarmUpAsync(LoadOptions options, RelayServer server, RunFolder folder, MessageLedger ledger)
    {
        await server.StartAsync(folder.Path);
        var source = new SmtpSource(server.Endpoint, options.SizeBytes, ledger);
        await source.FloodAsync(options.Connections, options.Warmup, TimeSpan.FromSeconds(options.WarmupSeconds), Zone.HealthyDomainOf);
        await EndToEndScenario.DrainAsync(ledger);
    }

    private static async Task<Measurement> MeasureAsync(LoadOptions options, RelayServer server, MessageLedger ledger)
    {
        await server.FreezeAsync(isFrozen: false);
        await Task.Delay(SettleTime, TimeProvider.System, CancellationToken.None);
        var first = ledger.Issued;
        await new SmtpSource(server.Endpoint, options.SizeBytes, ledger).PaceAsync(PacedPerSecond, PacedFor, Zone.HealthyDomainOf);
        await EndToEndScenario.DrainAsync(ledger);
        var latencies = ledger.Latencies(first);
        var measured = new Measurement
        {
            Server = server.Name,
            MedianMs = Measurement.Percentile(latencies, 0.5),
            Percentile99Ms = Measurement.Percentile(latencies, 0.99),
            ResidentMiB = ProcessTree.MemoryMiB(server.Processes).Resident,
        };
        await server.FreezeAsync(isFrozen: true);
        return measured;
    }
}
