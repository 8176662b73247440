using System.Diagnostics;
using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>
/// What the door alone takes, clear and under TLS: Relay and Postfix durably and unsigned; Relay's engine alone, the package SmtpServer, smtp-sink
/// (and Haraka, where it is given) as those that discard.
/// </summary>
/// <remarks>
/// Servers alternate, each fresh for each run; what is accepted is discarded behind the durable ones, too, or waits in their queues (<c>--hold</c>). Each measurement begins when the server has
/// done with what came before.
/// </remarks>
internal static class ReceptionScenario
{
    private static readonly int[] Connections = [1, 20, 200];
    private static readonly TimeSpan RestCheck = TimeSpan.FromMilliseconds(500);

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
                    await server.StartAsync(folder.Path);
                    await MeasureAsync(options, server, rows);
                }
            }
        }

        Print(options, rows);
        return rows.TrueForAll(row => row.Refused == 0) ? 0 : 1;
    }

    private static IEnumerable<IMailServer> Servers(LoadOptions options)
    {
        yield return new DiscardingRelay("Relay", options.RelayExecutable, options.Holds);
        if (options.Against is { } other)
        {
            yield return new DiscardingRelay("the other build", other, options.Holds);
            yield break;
        }

        yield return new PostfixServer(acceptsOnly: true, options.Holds);
        yield return new EngineServer(options.EngineExecutable, "Relay's engine (discards)", "door");
        yield return new EngineServer(options.EngineExecutable, "SmtpServer package (discards)", "package-door");
        yield return new SmtpSinkServer();
        if (options.Haraka is { } haraka)
        {
            yield return new HarakaServer(haraka);
        }
    }

    private static async Task MeasureAsync(LoadOptions options, IMailServer server, List<Row> rows)
    {
        foreach (var usesTls in server.HasTls && options.Against is null ? new[] { false, true } : [false])
        {
            await FloodAsync(options, 20, options.WarmupSeconds, usesTls);
            foreach (var connections in Connections)
            {
                await RestAsync(server);
                rows.Add(await MeasureAsync(options, server, connections, usesTls));
            }
        }
    }

    private static async Task<Row> MeasureAsync(LoadOptions options, IMailServer server, int connections, bool usesTls)
    {
        var cpu = ProcessTree.CpuSeconds(server.Processes);
        var allocated = await server.AllocatedBytesAsync();
        var (ledger, elapsed) = await FloodAsync(options, connections, options.Seconds, usesTls);
        var latencies = ledger.AcceptLatencies(0);
        var accepted = Math.Max(1, ledger.Accepted);
        return new Row(
            server.Name,
            usesTls,
            connections,
            ledger.Accepted / elapsed.TotalSeconds,
            Measurement.Percentile(latencies, 0.5),
            Measurement.Percentile(latencies, 0.99),
            (ProcessTree.CpuSeconds(server.Processes) - cpu) * 1000 / accepted,
            (await server.AllocatedBytesAsync() - allocated) / 1024.0 / accepted,
            ledger.Refused);
    }

    /// <summary>Until it needs less than a twentieth of a core, at most ten seconds.</summary>
    private static async Task RestAsync(IMailServer server)
    {
        var before = double.NegativeInfinity;
        for (var checks = 0; checks < 20; checks++)
        {
            var now = ProcessTree.CpuSeconds(server.Processes);
            if (now - before < RestCheck.TotalSeconds / 20)
            {
                return;
            }

            before = now;
            await Task.Delay(RestCheck, TimeProvider.System, CancellationToken.None);
        }
    }

    private static async Task<(MessageLedger Ledger, TimeSpan Elapsed)> FloodAsync(LoadOptions options, int connections, int seconds, bool usesTls)
    {
        var ledger = new MessageLedger(options.Count);
        var start = Stopwatch.GetTimestamp();
        var source = new SmtpSource(Door.Endpoint, options.SizeBytes, ledger, usesTls: usesTls);
        await source.FloodAsync(connections, options.Count, TimeSpan.FromSeconds(seconds), Zone.DomainOf);
        return (ledger, Stopwatch.GetElapsedTime(start));
    }

    private static void Print(LoadOptions options, List<Row> rows)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{options.SizeBytes} octets a message, {options.Runs} runs of {options.Seconds} s each"));
        Console.WriteLine("| | connections | server | accepted /s (lowest–highest) | p50 ms | p99 ms | CPU ms per message | KiB allocated per message | refused |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|");
        foreach (var group in rows.GroupBy(row => (row.UsesTls, row.Connections, row.Server)).OrderBy(group => group.Key.UsesTls).ThenBy(group => group.Key.Connections))
        {
            var rates = group.Select(row => row.PerSecond).Order().ToArray();
            var allocated = group.All(row => row.AllocatedKiB is not null) ? Median(group, row => row.AllocatedKiB!.Value).ToString("F1", CultureInfo.InvariantCulture) : "–";
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {(group.Key.UsesTls ? "TLS" : "clear")} | {group.Key.Connections} | {group.Key.Server} | {Measurement.Percentile(rates, 0.5):F0} ({rates[0]:F0}–{rates[^1]:F0}) "
                + $"| {Median(group, row => row.MedianMs):F2} | {Median(group, row => row.Percentile99Ms):F2} | {Median(group, row => row.CpuMs):F3} | {allocated} | {group.Sum(row => row.Refused)} |"));
        }
    }

    private static double Median(IEnumerable<Row> rows, Func<Row, double> of) => Measurement.Percentile([.. rows.Select(of).Order()], 0.5);

    private sealed record Row(
        string Server, bool UsesTls, int Connections, double PerSecond, double MedianMs, double Percentile99Ms, double CpuMs, double? AllocatedKiB, int Refused);
}
