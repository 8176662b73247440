using System.Diagnostics;
using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>What the door alone takes: Relay and Postfix durably and unsigned, smtp-sink (and Haraka, where it is given) as those that discard.</summary>
/// <remarks>Servers alternate, each fresh for each run; what is accepted is discarded behind the durable ones, too.</remarks>
internal static class ReceptionScenario
{
    private static readonly int[] Connections = [1, 20, 200];

    public static async Task<int> RunAsync(LoadOptions options)
    {
        var rows = new List<Row>();
        for (var run = 0; run < options.Runs; run++)
        {
            foreach (var server in Servers(options))
            {
                // Postfix is told to stop by what lies in the folder.
                using var folder = new RunFolder(options);
                await using (server)
                {
                    await MeasureAsync(options, server, folder.Path, rows);
                }
            }
        }

        Print(rows);
        return rows.TrueForAll(row => row.Refused == 0) ? 0 : 1;
    }

    private static IEnumerable<IMailServer> Servers(LoadOptions options)
    {
        yield return new DiscardingRelay(options.RelayExecutable);
        yield return new PostfixServer(acceptsOnly: true);
        yield return new SmtpSinkServer();
        if (options.Haraka is { } haraka)
        {
            yield return new HarakaServer(haraka);
        }
    }

    private static async Task MeasureAsync(LoadOptions options, IMailServer server, string folder, List<Row> rows)
    {
        await server.StartAsync(folder);
        await FloodAsync(options, 20, options.WarmupSeconds);
        foreach (var connections in Connections)
        {
            var cpu = ProcessTree.CpuSeconds(server.Processes);
            var (ledger, elapsed) = await FloodAsync(options, connections, options.Seconds);
            var latencies = ledger.AcceptLatencies(0);
            rows.Add(new Row(
                server.Name,
                connections,
                ledger.Accepted / elapsed.TotalSeconds,
                Measurement.Percentile(latencies, 0.5),
                Measurement.Percentile(latencies, 0.99),
                (ProcessTree.CpuSeconds(server.Processes) - cpu) * 1000 / Math.Max(1, ledger.Accepted),
                ledger.Refused));
        }
    }

    private static async Task<(MessageLedger Ledger, TimeSpan Elapsed)> FloodAsync(LoadOptions options, int connections, int seconds)
    {
        var ledger = new MessageLedger(options.Count);
        var start = Stopwatch.GetTimestamp();
        await new SmtpSource(Door.Endpoint, options.SizeBytes, ledger).FloodAsync(connections, options.Count, TimeSpan.FromSeconds(seconds), Zone.DomainOf);
        return (ledger, Stopwatch.GetElapsedTime(start));
    }

    private static void Print(List<Row> rows)
    {
        Console.WriteLine("| connections | server | accepted /s (lowest–highest) | p50 ms | p99 ms | CPU ms per message | refused |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var group in rows.GroupBy(row => (row.Connections, row.Server)).OrderBy(group => group.Key.Connections))
        {
            var rates = group.Select(row => row.PerSecond).Order().ToArray();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {group.Key.Connections} | {group.Key.Server} | {Measurement.Percentile(rates, 0.5):F0} ({rates[0]:F0}–{rates[^1]:F0}) "
                + $"| {Median(group, row => row.MedianMs):F2} | {Median(group, row => row.Percentile99Ms):F2} | {Median(group, row => row.CpuMs):F3} | {group.Sum(row => row.Refused)} |"));
        }
    }

    private static double Median(IEnumerable<Row> rows, Func<Row, double> of) => Measurement.Percentile([.. rows.Select(of).Order()], 0.5);

    private sealed record Row(string Server, int Connections, double PerSecond, double MedianMs, double Percentile99Ms, double CpuMs, int Refused);
}
