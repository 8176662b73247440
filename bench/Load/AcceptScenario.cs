using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Relay.Bench.Load;

/// <summary>Messages accepted durably per second at both doors of one running relay: SMTP, HTTP one by one, HTTP in batches.</summary>
/// <remarks>What is accepted goes to a discard route, so that both doors pay the same for what comes behind them. The doors alternate.</remarks>
internal static class AcceptScenario
{
    private const int BatchSize = 100;
    private static readonly int[] Connections = [1, 20, 100];
    private static readonly IPEndPoint Api = new(IPAddress.Loopback, 8080);

    public static async Task<int> RunAsync(LoadOptions options)
    {
        using var folder = new RunFolder(options);
        var configuration = Path.Combine(folder.Path, "relay.toml");
        await File.WriteAllTextAsync(configuration, Configuration(folder.Path));
        await using var daemon = Daemon.Start(Path.Combine(folder.Path, "relay.log"), options.RelayExecutable, "serve", "--config", configuration);
        await Door.WaitAsync(daemon);
        var key = await CreateKeyAsync(options.RelayExecutable, configuration);
        var results = new List<Row>();
        foreach (var connections in Connections)
        {
            await MeasureAsync(options, daemon, key, connections, results, isWarmUp: true);
            for (var run = 0; run < options.Runs; run++)
            {
                await MeasureAsync(options, daemon, key, connections, results, isWarmUp: false);
            }
        }

        Print(results);
        return results.TrueForAll(row => row.Refused == 0) ? 0 : 1;
    }

    private static string Configuration(string folder) =>
        $"""
        hostname = "relay.example.com"
        data = "{Path.Combine(folder, "data")}"

        [listener.submission]
        endpoint = "{Door.Endpoint}"
        max_connections_per_address = 500

        [api]
        endpoint = "{Api}"
        require_verified_domains = false
        requests_per_second = 0

        [dkim]
        enabled = false

        [route."*"]
        type = "discard"

        """;

    private static async Task MeasureAsync(LoadOptions options, Daemon daemon, string key, int connections, List<Row> results, bool isWarmUp)
    {
        var seconds = TimeSpan.FromSeconds(isWarmUp ? options.WarmupSeconds : options.Seconds);
        var ledger = new MessageLedger(options.Count);
        var smtp = new SmtpSource(Door.Endpoint, options.SizeBytes, ledger);
        using var http = new HttpSource(Api, key, options.SizeBytes, connections);
        (string Door, Func<Task<(int Accepted, int Refused)>> Flood)[] doors =
        [
            ("SMTP", async () =>
            {
                await smtp.FloodAsync(connections, options.Count, seconds, Zone.DomainOf);
                return (ledger.Accepted, ledger.Refused);
            }),
            ("POST /emails", () => http.FloodAsync(connections, options.Count, 1, seconds)),
            ($"POST /emails/batch of {BatchSize}", () => http.FloodAsync(connections, options.Count, BatchSize, seconds)),
        ];
        foreach (var (door, flood) in doors)
        {
            var cpu = ProcessTree.CpuSeconds([daemon.Id]);
            var start = Stopwatch.GetTimestamp();
            var (accepted, refused) = await flood();
            if (!isWarmUp)
            {
                results.Add(new Row(
                    door,
                    connections,
                    accepted / Stopwatch.GetElapsedTime(start).TotalSeconds,
                    (ProcessTree.CpuSeconds([daemon.Id]) - cpu) * 1000 / Math.Max(1, accepted),
                    refused));
            }
        }
    }

    public static async Task<string> CreateKeyAsync(string executable, string configuration)
    {
        var start = new ProcessStartInfo(executable, ["key", "create", "--name", "bench", "--scope", "full", "--config", configuration]) { RedirectStandardOutput = true };
        using var command = Process.Start(start)!;
        var key = (await command.StandardOutput.ReadToEndAsync()).Trim();
        await command.WaitForExitAsync();
        return command.ExitCode == 0 ? key : throw new InvalidOperationException("relay key create failed: " + key);
    }

    private static void Print(List<Row> results)
    {
        Console.WriteLine("| connections | door | accepted /s | CPU s per 1,000 | of SMTP's rate | refused |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var group in results.GroupBy(row => (row.Connections, row.Door)))
        {
            var rate = Median(group.Select(row => row.PerSecond));
            var smtp = Median(results.Where(row => row.Connections == group.Key.Connections && row.Door == "SMTP").Select(row => row.PerSecond));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {group.Key.Connections} | {group.Key.Door} | {rate:F0} | {Median(group.Select(row => row.CpuPerThousand)):F2} | {rate / smtp:F2} | {group.Sum(row => row.Refused)} |"));
        }
    }

    private static double Median(IEnumerable<double> values) => Measurement.Percentile([.. values.Order()], 0.5);

    private sealed record Row(string Door, int Connections, double PerSecond, double CpuPerThousand, int Refused);
}
