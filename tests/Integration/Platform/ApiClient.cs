using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;

namespace Relay.Tests.Integration;

/// <summary>An application that calls the API with one key.</summary>
public sealed class ApiClient : IDisposable
{
    private readonly HttpClient _http;

    public ApiClient(int port, string? key)
    {
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/api"), Timeout = TimeSpan.FromSeconds(60) };
        if (key is not null)
        {
            _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        }
    }

    public Task<ApiAnswer> GetAsync(string path) => SendAsync(HttpMethod.Get, path, null);

    /// <param name="body">JSON text; null sends none.</param>
    public Task<ApiAnswer> PostAsync(string path, string? body = null, string? idempotencyKey = null) =>
        SendAsync(HttpMethod.Post, path, body, idempotencyKey);

    public Task<ApiAnswer> PutAsync(string path, string? body = null) => SendAsync(HttpMethod.Put, path, body);

    public Task<ApiAnswer> PatchAsync(string path, string body) => SendAsync(HttpMethod.Patch, path, body);

    public Task<ApiAnswer> DeleteAsync(string path) => SendAsync(HttpMethod.Delete, path, null);

    public async Task<ApiAnswer> SendAsync(HttpMethod method, string path, string? body, string? idempotencyKey = null)
    {
        using var request = new HttpRequestMessage(method, "/api" + path);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        if (idempotencyKey is not null)
        {
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        }

        using var answer = await _http.SendAsync(request);
        var text = await answer.Content.ReadAsStringAsync();
        var isJson = answer.Content.Headers.ContentType?.MediaType?.EndsWith("json", StringComparison.Ordinal) == true;
        return new ApiAnswer((int)answer.StatusCode, isJson ? JsonNode.Parse(text) : null, text, answer.Headers.RetryAfter?.Delta);
    }

    public void Dispose() => _http.Dispose();
}

/// <param name="Body">Null when the answer is no JSON.</param>
public sealed record ApiAnswer(int Status, JsonNode? Body, string Text, TimeSpan? RetryAfter)
{
    public bool IsSuccess => Status is >= 200 and < 300;

    /// <summary>The code of a fault; null when the answer holds none in the API's shape.</summary>
    public string? Code => Body is JsonObject o && o["error"] is JsonObject error ? error["code"]?.GetValue<string>() : null;

    public string? Message => Body is JsonObject o ? o["error"] is JsonObject error ? error["message"]?.GetValue<string>() : o["error"]?.GetValue<string>() : null;

    public JsonNode this[string member] => Body?[member] ?? throw new InvalidOperationException($"{Status}: no {member} in {Text}");

    public string Word(string member) => this[member].GetValue<string>();
}
