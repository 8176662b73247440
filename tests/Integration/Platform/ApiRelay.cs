using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>A relay with the HTTP API open and an API key that may do everything.</summary>
public sealed class ApiRelay : IAsyncLifetime
{
    private HttpClient? _http;

    public RelayProcess Relay { get; } = new() { ServeOptions = ["--sandbox"] };

    public int ApiPort { get; } = LoopbackPorts.Free();

    public string ApiKey { get; private set; } = "";

    public string Url => string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{ApiPort}");

    public async Task InitializeAsync()
    {
        Relay.Configure(string.Create(CultureInfo.InvariantCulture, $"[api]\nendpoint = \"127.0.0.1:{ApiPort}\"\nrequire_verified_domains = false\n[public]\nendpoint = \"127.0.0.1:{LoopbackPorts.Free()}\"\npublic_url = \"https://mail.example.com\"\n"));
        var (exitCode, output) = await Relay.RunAsync("key", "create", "--name", "platform", "--scope", "full");
        Assert.True(exitCode == 0, output);
        ApiKey = output.Trim();
        await Relay.StartAsync();
    }

    public async Task DisposeAsync()
    {
        _http?.Dispose();
        await Relay.DisposeAsync();
    }

    public async Task<(int Status, JsonElement Json)> PostAsync(string path, string json, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/api/v1" + path, UriKind.Relative));
        request.Content = new StringContent(json, Encoding.UTF8, "application/json");
        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var answer = await Http().SendAsync(request);
        return ((int)answer.StatusCode, JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement);
    }

    public async Task<JsonElement> GetAsync(string path)
    {
        using var answer = await Http().GetAsync(new Uri("/api/v1" + path, UriKind.Relative));
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
    }

    /// <summary>Waits until the status of an e-mail is the one named.</summary>
    public Task ReachesAsync(string id, string status) =>
        Poll.UntilAsync($"{id} is {status}", async () => (await GetAsync($"/emails/{id}")).GetProperty("latestStatus").GetString() == status);

    private HttpClient Http()
    {
        if (_http is null)
        {
            _http = new HttpClient { BaseAddress = new Uri(Url), Timeout = TimeSpan.FromSeconds(60) };
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", ApiKey);
        }

        return _http;
    }
}
