using System.Net;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The three HTTP doors of one server: each serves its own routes, and what it refuses it refuses in its own shape.</summary>
public sealed class DoorTests : IAsyncLifetime
{
    private readonly ApiWorld _world = new();
    private readonly int _publicPort = LoopbackPorts.Free();
    private ApiClient _client = null!;

    public async Task InitializeAsync()
    {
        await _world.StartAsync("require_verified_domains = false", $"[public]\nendpoint = \"127.0.0.1:{_publicPort}\"\npublic_url = \"http://127.0.0.1:{_publicPort}\"");
        _client = await _world.ClientAsync("doors");
    }

    public async Task DisposeAsync()
    {
        _client?.Dispose();
        await _world.DisposeAsync();
    }

    [Fact]
    public async Task A_route_exists_at_its_own_door_only()
    {
        using var http = new HttpClient();
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"http://127.0.0.1:{_world.ApiPort}/api/openapi.json"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"http://127.0.0.1:{_world.ApiPort}/api/docs"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri($"http://127.0.0.1:{_world.Relay.AdminPort}/health/live"))).StatusCode);
        foreach (var (port, path) in (IEnumerable<(int, string)>)[
            (_world.ApiPort, "/"), (_world.ApiPort, "/health/live"), (_world.ApiPort, "/admin/v1/openapi.json"),
            (_world.Relay.AdminPort, "/api/docs"), (_world.Relay.AdminPort, "/api/openapi.json"), (_world.Relay.AdminPort, "/t/x"),
            (_publicPort, "/"), (_publicPort, "/api/docs"), (_publicPort, "/health/live"), (_publicPort, "/api/v1/emails")])
        {
            using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}"));
            Assert.True(answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized, $"{path}: {answer.StatusCode}");
            Assert.DoesNotContain("openapi\":", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Each_door_describes_its_own_routes()
    {
        var api = (await _client.GetAsync("/openapi.json"))["paths"].AsObject().Select(path => path.Key).ToList();
        Assert.Contains("/api/v1/emails/batch", api);
        Assert.All(api, path => Assert.StartsWith("/api/v1/", path, StringComparison.Ordinal));
        var admin = (await _world.Relay.GetAsync("/admin/v1/openapi.json")).GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();
        Assert.Contains("/admin/v1/status", admin);
        Assert.DoesNotContain(admin, path => path.StartsWith("/api/", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Answers_in_json_hold_every_language_as_it_is()
    {
        var made = await _client.PostAsync("/v1/contactBooks", """{"name":"Größe 漢字","emoji":"\uD83C\uDF89"}""");
        Assert.Contains("\"Größe 漢字\"", made.Text, StringComparison.Ordinal);
        Assert.Contains("\"🎉\"", made.Text, StringComparison.Ordinal);
        var template = await _client.PostAsync("/v1/templates", """{"name":"日本 <b>","text":"x 🎉"}""");
        Assert.Contains("\"日本 <b>\"", template.Text, StringComparison.Ordinal);
        Assert.Contains("'日本 <b>'", (await _client.PostAsync("/v1/templates", """{"name":"日本 <b>","text":"x"}""")).Text, StringComparison.Ordinal);
        Assert.Contains("x 🎉", (await _client.GetAsync($"/v1/templates/{template.Word("id")}")).Text, StringComparison.Ordinal);
        Assert.True((await _world.Relay.RunAsync("account", "add", "Köln🎉")).ExitCode == 0);
        Assert.Contains("Köln🎉", await _world.Relay.GetTextAsync("/admin/v1/accounts"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", null, 404, "NOT_FOUND")]
    [InlineData("POST", "/v1/campaigns", "{}", 400, "BAD_REQUEST")]
    [InlineData("PUT", "/v1/emails", "{}", 405, "METHOD_NOT_ALLOWED")]
    [InlineData("POST", "/v1/emails", "", 400, "BAD_REQUEST")]
    [InlineData("POST", "/v1/domains", "{", 400, "BAD_REQUEST")]
    [InlineData("POST", "/v1/webhooks", "[]", 400, "BAD_REQUEST")]
    [InlineData("POST", "/v1/templates", "5", 400, "BAD_REQUEST")]
    [InlineData("POST", "/v1/exports", "nonsense", 400, "BAD_REQUEST")]
    public async Task What_the_api_refuses_is_in_its_shape(string method, string path, string? body, int status, string code)
    {
        var answer = await _client.SendAsync(new HttpMethod(method), path, body);
        Assert.Equal((status, code), (answer.Status, answer.Code));
        Assert.False(string.IsNullOrWhiteSpace(answer.Message));
    }

    [Fact]
    public async Task Another_content_type_is_told_apart_from_an_unknown_route()
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri($"http://127.0.0.1:{_world.ApiPort}/api/v1/emails"))
        {
            Content = new StringContent("{}", Encoding.UTF8, "application/x-www-form-urlencoded"),
        };
        request.Headers.Authorization = new("Bearer", await _world.CreateKeyAsync("form"));
        using var answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        Assert.Contains("application/json", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }
}
