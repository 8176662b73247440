using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;
using Xunit.Abstractions;

namespace Relay.Tests.Faults;

/// <summary>An erasure is carried through whenever the process dies: with a receipt, without a trace of the address, and the address stays suppressed.</summary>
public sealed class ErasureKillTests(ITestOutputHelper output)
{
    private const string Victim = "jane.doe@dest.test";
    private const int Batches = 4;
    private const int BatchSize = 100;
    private const int Kills = 5;

    [Fact]
    public async Task An_erasure_goes_on_after_every_kill_and_leaves_no_trace()
    {
        var seed = Random.Shared.Next();
        var random = new Random(seed);
        output.WriteLine($"seed {seed}");
        var isHolding = false;
        var never = new TaskCompletionSource();
        await using var sink = SmtpSink.Start(new SmtpSinkOptions
        {
            Fault = (_, step) => step == SinkStep.Mail && Volatile.Read(ref isHolding) ? SinkFault.Wait(never.Task) : null,
        });
        await using var relay = new RelayProcess();
        var port = LoopbackPorts.Free();
        relay.Configure(
            $"""
            [api]
            endpoint = "127.0.0.1:{port}"
            require_verified_domains = false

            [queue]
            min_free_disk = "0"

            [route."*"]
            type = "smarthost"
            smarthost = "127.0.0.1:{sink.Port}"
            tls = "none"
            """);
        await relay.StartAsync();
        using var http = await ClientAsync(relay, port);
        await SendAsync(http, sink);
        await Poll.UntilAsync("what has arrived is settled", async () => (await relay.CountsAsync()).GetValueOrDefault("leased") == 0);

        // The first kill certainly breaks it off: it waits for mail that is on its way.
        Volatile.Write(ref isHolding, true);
        await PostAsync(http, "emails", Email(0));
        await Poll.UntilAsync("mail is on its way", async () => (await relay.CountsAsync()).GetValueOrDefault("leased") > 0);
        await relay.RunAsync("suppression", "add", Victim, "--reason", "asked by " + Victim);
        var job = (await PostAsync(http, "privacy/erasures", new { address = Victim })).GetProperty("id").GetString();
        await Poll.UntilAsync("the erasure runs", async () => await StatusAsync(http, job) == "running");
        await relay.KillAsync();
        Volatile.Write(ref isHolding, false);
        await relay.StartAsync();

        var broken = 1;
        for (var kill = 1; kill < Kills; kill++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(0, 60)), TimeProvider.System);
            broken += await StatusAsync(http, job) is "running" or "pending" ? 1 : 0;
            await relay.KillAsync();
            await relay.StartAsync();
        }

        await Poll.UntilAsync("the erasure has ended", async () => await StatusAsync(http, job) is "succeeded" or "failed", TimeSpan.FromSeconds(120));
        Assert.True(await StatusAsync(http, job) == "succeeded", $"seed {seed}: {await http.GetStringAsync($"jobs/{job}")}");
        var receipt = await http.GetFromJsonAsync<JsonElement>($"jobs/{job}/file");
        output.WriteLine($"{broken} kills broke it off: {receipt}");
        Assert.InRange(receipt.GetProperty("attempts").GetInt32(), 2, Kills + 1);
        Assert.True(receipt.GetProperty("counts").EnumerateObject().Sum(count => count.Value.GetInt32()) > 0, $"seed {seed}: {receipt}");

        await relay.StopAsync();
        Assert.Equal("", string.Join("\n", FilesWithAddress(relay.DataFolder)));
        await relay.StartAsync();
        var again = (await PostAsync(http, "emails", Email(0))).GetProperty("emailId").GetString();
        await Poll.UntilAsync("new mail is suppressed", async () =>
            (await http.GetFromJsonAsync<JsonElement>($"emails/{again}")).GetProperty("latestStatus").GetString() == "SUPPRESSED");
    }

    private static async Task<HttpClient> ClientAsync(RelayProcess relay, int port)
    {
        var (_, key) = await relay.RunAsync("key", "create", "--name", "app", "--scope", "full");
        var http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api/v1/"), Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key.Trim());
        return http;
    }

    // Half of it is delivered, half waits for its time.
    private static async Task SendAsync(HttpClient http, SmtpSink sink)
    {
        for (var batch = 0; batch < Batches; batch++)
        {
            await PostAsync(http, "emails/batch", Enumerable.Range(0, BatchSize).Select(Email));
        }

        await Poll.UntilAsync("what is due has arrived", () => sink.Messages.Count >= Batches * BatchSize / 2, TimeSpan.FromSeconds(60));
    }

    private static object Email(int i) => new
    {
        from = "app@sender.test",
        to = Victim,
        subject = $"number {i} for {Victim}",
        text = string.Concat(Enumerable.Repeat($"Dear {Victim}. ", 50)),
        scheduledAt = i % 2 == 0 ? null : TimeProvider.System.GetUtcNow().AddHours(5).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", System.Globalization.CultureInfo.InvariantCulture),
    };

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, object body)
    {
        using var answer = await http.PostAsJsonAsync(path, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static async Task<string?> StatusAsync(HttpClient http, string? job) =>
        (await http.GetFromJsonAsync<JsonElement>($"jobs/{job}")).GetProperty("status").GetString();

    private static IEnumerable<string> FilesWithAddress(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Where(file => !file.EndsWith(".sock", StringComparison.Ordinal)))
        {
            var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            var at = text.IndexOf("jane.doe", StringComparison.OrdinalIgnoreCase);
            if (at >= 0)
            {
                yield return $"{Path.GetRelativePath(folder, file)} at {at}: {text.Substring(Math.Max(0, at - 100), Math.Min(300, text.Length - Math.Max(0, at - 100)))}";
            }
        }
    }
}
