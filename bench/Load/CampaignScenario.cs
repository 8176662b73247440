using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Relay.Bench.Load;

/// <summary>A campaign to a large book, expanded and queued, beside what one running relay accepts durably by SMTP.</summary>
/// <remarks>What is accepted goes to a discard route, so that both pay the same for what comes behind them. Both are measured in each run.</remarks>
internal sealed class CampaignScenario : IDisposable
{
    private const int Connections = 20;
    private const int BulkSize = 1_000;

    private static readonly IPEndPoint Api = new(IPAddress.Loopback, 8080);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(100);

    private readonly LoadOptions _options;
    private readonly HttpClient _client;
    private readonly string _html;

    private CampaignScenario(LoadOptions options, string key)
    {
        _options = options;
        _client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = new Uri($"http://{Api}/api/v1/") };
        _client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        _html = "<p>Hi {{firstName,fallback=there}}</p>" + string.Concat(Enumerable.Repeat("<p>The quick brown fox jumps over the lazy dog.</p>", Math.Max(1, options.SizeBytes / 100)))
            + "<a href='{{usesend_unsubscribe_url}}'>Unsubscribe</a>";
    }

    public static async Task<int> RunAsync(LoadOptions options)
    {
        using var folder = new RunFolder(options);
        var configuration = Path.Combine(folder.Path, "relay.toml");
        await File.WriteAllTextAsync(configuration, Configuration(folder.Path));
        await using var daemon = Daemon.Start(Path.Combine(folder.Path, "relay.log"), options.RelayExecutable, "serve", "--config", configuration);
        await Door.WaitAsync(daemon);
        using var scenario = new CampaignScenario(options, await AcceptScenario.CreateKeyAsync(options.RelayExecutable, configuration));
        var book = await scenario.FillBookAsync();
        Console.WriteLine("| run | SMTP accepted /s | campaign queued /s | of SMTP's rate |");
        Console.WriteLine("|---|---|---|---|");
        var shares = new List<double>();
        for (var run = 1; run <= options.Runs; run++)
        {
            var smtp = await scenario.FloodAsync();
            var campaign = await scenario.SendAsync(book);
            shares.Add(campaign / smtp);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {run} | {smtp:F0} | {campaign:F0} | {campaign / smtp:F2} |"));
        }

        return shares.TrueForAll(share => share >= 0.5) ? 0 : 1;
    }

    public void Dispose() => _client.Dispose();

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

        [public]
        endpoint = "127.0.0.1:8081"
        public_url = "https://mail.example.com"

        [campaigns]
        max_queued = 10000000

        [dkim]
        enabled = false

        [route."*"]
        type = "discard"

        """;

    private async Task<string> FillBookAsync()
    {
        var book = (await PostAsync("contactBooks", """{"name":"Readers"}""")).GetProperty("id").GetString()!;
        foreach (var page in Enumerable.Range(0, _options.Count).Chunk(BulkSize))
        {
            var contacts = new StringBuilder("[").AppendJoin(',', page.Select(n => $$"""{"email":"user{{n}}@{{Zone.DomainOf(n)}}","firstName":"N{{n}}"}""")).Append(']');
            await PostAsync($"contactBooks/{book}/contacts/bulk", contacts.ToString());
        }

        return book;
    }

    private async Task<double> FloodAsync()
    {
        var ledger = new MessageLedger(_options.Count);
        var start = Stopwatch.GetTimestamp();
        await new SmtpSource(Door.Endpoint, _options.SizeBytes, ledger).FloodAsync(Connections, _options.Count, TimeSpan.FromSeconds(_options.Seconds), Zone.DomainOf);
        return ledger.Accepted / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    private async Task<double> SendAsync(string book)
    {
        var start = Stopwatch.GetTimestamp();
        var body = JsonSerializer.Serialize(new { name = "Bench", from = "sender@example.com", subject = "Hello {{firstName}}", contactBookId = book, html = _html, sendNow = true });
        var id = (await PostAsync("campaigns", body)).GetProperty("id").GetString();
        while (true)
        {
            using var answer = await _client.GetAsync(new Uri("campaigns/" + id, UriKind.Relative));
            var campaign = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
            if (campaign.GetProperty("status").GetString() is "COMPLETED" or "PAUSED")
            {
                var queued = campaign.GetProperty("progress").GetProperty("queued").GetInt32();
                return queued == _options.Count
                    ? queued / Stopwatch.GetElapsedTime(start).TotalSeconds
                    : throw new InvalidOperationException($"{queued} of {_options.Count} contacts were queued: {campaign.GetProperty("progress")}");
            }

            await Task.Delay(Look, TimeProvider.System);
        }
    }

    private async Task<JsonElement> PostAsync(string path, string json)
    {
        using var content = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _client.PostAsync(new Uri(path, UriKind.Relative), content);
        var text = await answer.Content.ReadAsStringAsync();
        return answer.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement : throw new InvalidOperationException($"{path}: {text}");
    }
}
