using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What all lists of the admin API have in common: pages, and the cursor that leads from one to the next.</summary>
public sealed class AdminListTests : IAsyncLifetime
{
    private AdminWorld _world = null!;

    public async Task InitializeAsync() => _world = await AdminWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Every_list_is_read_page_by_page()
    {
        var document = await ReadDocumentAsync();
        var lists = new List<string>();
        foreach (var (path, operation) in Gets(document).Where(get => HasEntries(document, get.Operation)))
        {
            var names = operation.GetProperty("parameters").EnumerateArray().Select(parameter => parameter.GetProperty("name").GetString()!.ToLowerInvariant()).ToList();
            Assert.True(names.Contains("limit") && (names.Contains("after") || names.Contains("before")), $"GET {path} answers a list without limit and cursor");
            lists.Add(path);
        }

        Assert.True(lists.Count >= 15, string.Join(' ', lists));
        Assert.DoesNotContain(Gets(document), get => AnswerOf(document, get.Operation) is { } schema && schema.TryGetProperty("type", out var type) && type.ToString() == "array");
    }

    [Theory]
    [InlineData("/admin/v1/users", """{"name":"u{0}"}""", "/admin/v1/users")]
    [InlineData("/admin/v1/keys", """{"name":"k{0}"}""", "/admin/v1/keys")]
    [InlineData("/admin/v1/tokens", """{"name":"t{0}"}""", "/admin/v1/tokens")]
    [InlineData("/admin/v1/accounts", """{"name":"a{0}"}""", "/admin/v1/accounts")]
    [InlineData("/admin/v1/domains", """{"name":"d{0}.example"}""", "/admin/v1/domains?account=default")]
    [InlineData("/admin/v1/domains", """{"name":"k{0}.example"}""", "/admin/v1/dkim")]
    [InlineData("/admin/v1/suspensions", """{"scope":"tag","name":"s{0}","reason":"r"}""", "/admin/v1/suspensions")]
    public async Task A_list_in_pages_has_every_entry_once(string create, string body, string list)
    {
        for (var i = 0; i < 5; i++)
        {
            using var made = await _world.SendAsync("POST", create, body.Replace("{0}", i.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal));
            made.EnsureSuccessStatusCode();
        }

        var whole = (await _world.GetAsync(list, "admin")).GetProperty("entries").EnumerateArray().Select(entry => entry.GetRawText()).ToList();
        var pieces = new List<string>();
        var cursor = string.Empty;
        do
        {
            var page = await _world.GetAsync($"{list}{(list.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=2{cursor}", "admin");
            Assert.InRange(page.GetProperty("entries").GetArrayLength(), 0, 2);
            pieces.AddRange(page.GetProperty("entries").EnumerateArray().Select(entry => entry.GetRawText()));
            cursor = page.GetProperty("next") is { ValueKind: JsonValueKind.Number } next ? "&after=" + next : string.Empty;
        }
        while (cursor.Length > 0 && pieces.Count < 50);

        Assert.True(whole.Count >= 5);
        Assert.Equal(whole, pieces);
        using var refused = await _world.SendAsync("GET", $"{list}{(list.Contains('?', StringComparison.Ordinal) ? '&' : '?')}limit=501");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
    }

    private async Task<JsonElement> ReadDocumentAsync()
    {
        using var response = await _world.SendAsync("GET", "/admin/v1/openapi.json", token: null);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private static IEnumerable<(string Path, JsonElement Operation)> Gets(JsonElement document) =>
        document.GetProperty("paths").EnumerateObject()
            .Where(path => path.Value.TryGetProperty("get", out _))
            .Select(path => (path.Name, path.Value.GetProperty("get")));

    private static bool HasEntries(JsonElement document, JsonElement operation) =>
        AnswerOf(document, operation) is { } schema && schema.TryGetProperty("properties", out var properties) && properties.TryGetProperty("entries", out _);

    /// <summary>The schema of a 200 in JSON, its reference followed.</summary>
    private static JsonElement? AnswerOf(JsonElement document, JsonElement operation)
    {
        if (!operation.GetProperty("responses").TryGetProperty("200", out var answer) || !answer.TryGetProperty("content", out var content)
            || !content.TryGetProperty("application/json", out var json))
        {
            return null;
        }

        var schema = json.GetProperty("schema");
        return schema.TryGetProperty("$ref", out var reference)
            ? document.GetProperty("components").GetProperty("schemas").GetProperty(reference.GetString()!.Split('/')[^1])
            : schema;
    }
}
