using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;

namespace Relay.Bench.Load;

/// <summary>Webhooks at a steady rate of events: all hundred endpoints answering, and one of them hanging, in alternated pairs.</summary>
/// <remarks>
/// Each endpoint wants the mail of one sending domain. A message that goes to a discard route makes three events (queued, sent, delivered),
/// so a third as many messages as events are handed in each second. Told is what that costs the door, and how many calls were answered.
/// </remarks>
internal static class WebhookScenario
{
    private const int EventsPerMessage = 3;
    private const int EventsPerSecond = 1_000;
    private const string Dead = "/w00";
    private static readonly IPEndPoint Api = new(IPAddress.Loopback, 8080);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task<int> RunAsync(LoadOptions options)
    {
        using var folder = new RunFolder(options);
        await using var sink = new HookSink();
        var configuration = Path.Combine(folder.Path, "relay.toml");
        await File.WriteAllTextAsync(configuration, Configuration(folder.Path));
        await using var daemon = Daemon.Start(Path.Combine(folder.Path, "relay.log"), options.RelayExecutable, "serve", "--config", configuration);
        await Door.WaitAsync(daemon);
        await AddWebhooksAsync(await AcceptScenario.CreateKeyAsync(options.RelayExecutable, configuration), sink.Url);

        var perRun = EventsPerSecond / EventsPerMessage * options.Seconds;
        var ledger = new MessageLedger(perRun * ((2 * options.Runs) + 1));
        var source = new SmtpSource(Door.Endpoint, options.SizeBytes, ledger, hasManySenders: true);
        await MeasureAsync(options, source, ledger, sink, daemon, null);
        Console.WriteLine("| pair | endpoints hanging | messages /s | accepted p50 / p99 ms | calls answered /s | of those expected | CPU s per 1,000 messages | RSS MB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        var isComplete = true;
        for (var pair = 1; pair <= options.Runs; pair++)
        {
            foreach (var dead in pair % 2 == 1 ? (string?[])[null, Dead] : [Dead, null])
            {
                var row = await MeasureAsync(options, source, ledger, sink, daemon, dead);
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {pair} | {(dead is null ? 0 : 1)} | {row.Text}"));
                isComplete &= row.IsComplete;
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"calls that hung: {sink.Hung}; refused: {ledger.Refused}"));
        return isComplete && ledger.Refused == 0 ? 0 : 1;
    }

    private static string Configuration(string folder) =>
        $"""
        hostname = "relay.example.com"
        data = "{Path.Combine(folder, "data")}"

        [listener.submission]
        endpoint = "{Door.Endpoint}"

        [delivery]
        allow_private_targets = true

        [api]
        endpoint = "{Api}"
        require_verified_domains = false
        requests_per_second = 0
        plain_webhooks = true

        [dkim]
        enabled = false

        [route."*"]
        type = "discard"

        """;

    private static async Task AddWebhooksAsync(string key, string url)
    {
        using var client = new HttpClient { BaseAddress = new Uri($"http://{Api}/api/v1/") };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        for (var number = 0; number < TestMessage.Senders; number++)
        {
            var path = string.Create(CultureInfo.InvariantCulture, $"w{number:D2}");
            var webhook = new { url = $"{url}/{path}", filters = new { domains = new[] { path + ".test" } } };
            using var answer = await client.PostAsJsonAsync(new Uri("webhooks", UriKind.Relative), webhook);
            answer.EnsureSuccessStatusCode();
        }
    }

    private static async Task<(string Text, bool IsComplete)> MeasureAsync(
        LoadOptions options, SmtpSource source, MessageLedger ledger, HookSink sink, Daemon daemon, string? dead)
    {
        sink.DeadPath = dead;
        var first = ledger.Issued;
        var answeredBefore = sink.Answered;
        var cpu = ProcessTree.CpuSeconds(daemon.Id);
        var start = Stopwatch.GetTimestamp();
        await source.PaceAsync(EventsPerSecond / EventsPerMessage, TimeSpan.FromSeconds(options.Seconds), _ => "d1.test");
        var sentFor = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var sent = ledger.Issued - first;
        var expected = EventsPerMessage * (dead is null ? sent : sent - Enumerable.Range(first, sent).Count(number => number % TestMessage.Senders == 0));
        while (sink.Answered - answeredBefore < expected && Stopwatch.GetElapsedTime(start) < Patience)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, CancellationToken.None);
        }

        var answered = sink.Answered - answeredBefore;
        var answeredFor = Stopwatch.GetElapsedTime(start).TotalSeconds;
        var latencies = ledger.AcceptLatencies(first);
        var text = string.Create(
            CultureInfo.InvariantCulture,
            $"{sent / sentFor:F0} | {Measurement.Percentile(latencies, 0.5):F1} / {Measurement.Percentile(latencies, 0.99):F1} | {answered / answeredFor:F0} | {100.0 * answered / expected:F0} % | {(ProcessTree.CpuSeconds(daemon.Id) - cpu) * 1000 / sent:F2} | {ProcessTree.MemoryMiB(daemon.Id).Resident:F0} |");
        return (text, answered >= expected);
    }
}
