using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed partial class AdminApiTests : IAsyncLifetime
{
    private AdminWorld _world = null!;

    public async Task InitializeAsync() => _world = await AdminWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Theory]
    [InlineData("/admin/v1/status")]
    [InlineData("/admin/v1/nowhere")]
    [InlineData("/ADMIN/v1/status")]
    [InlineData("/metrics")]
    public async Task Refuses_strangers_with_a_problem(string path)
    {
        using var response = await _world.SendAsync("GET", path, token: null);

        await AssertProblemAsync(response, HttpStatusCode.Unauthorized);
        Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task Refuses_a_wrong_token()
    {
        using var response = await _world.SendAsync("GET", "/admin/v1/status", token: "rt_wrong");

        await AssertProblemAsync(response, HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("view", "POST", "/admin/v1/queue/hold", """{"all":true}""")]
    [InlineData("view", "POST", "/admin/v1/suppressions", """{"address":"a@example.com"}""")]
    [InlineData("view", "GET", "/admin/v1/messages/01m7z1ajp4f04a1y0943d1j8de/raw", null)]
    [InlineData("view", "GET", "/admin/v1/messages/01m7z1ajp4f04a1y0943d1j8de/content", null)]
    [InlineData("operate", "GET", "/admin/v1/users", null)]
    [InlineData("operate", "POST", "/admin/v1/keys", """{"name":"a"}""")]
    [InlineData("operate", "POST", "/admin/v1/token/rotate", null)]
    [InlineData("operate", "POST", "/admin/v1/dkim/example.com", null)]
    [InlineData("operate", "POST", "/admin/v1/dkim/example.com/r1/retire", null)]
    public async Task Refuses_what_the_role_does_not_include(string role, string method, string path, string? body)
    {
        using var response = await _world.SendAsync(method, path, body, role);

        await AssertProblemAsync(response, HttpStatusCode.Forbidden);
        Assert.Empty(await _world.Audit.ListAsync(null, 10, CancellationToken.None));
    }

    [Fact]
    public async Task Shows_the_status_on_one_screen()
    {
        await _world.EnqueueAsync("bob@example.net");

        var status = await _world.GetAsync("/admin/v1/status");

        Assert.Equal("relay.example.com", status.GetProperty("hostname").GetString());
        Assert.Equal(1, status.GetProperty("queue").GetProperty("byState").GetProperty("ready").GetInt32());
        Assert.Equal(3600, status.GetProperty("uptimeSeconds").GetInt32());
        Assert.All(status.GetProperty("health").EnumerateArray(), part => Assert.True(part.GetProperty("healthy").GetBoolean()));
    }

    [Fact]
    public async Task Lists_the_queue_by_state_key_and_page()
    {
        await _world.EnqueueAsync("bob@example.net", "eve@example.org", "joe@example.net");

        var first = await _world.GetAsync("/admin/v1/queue?state=ready,held&key=example.net&limit=1");
        var second = await _world.GetAsync($"/admin/v1/queue?key=example.net&limit=1&before={first.GetProperty("next").GetInt64()}");

        Assert.Equal("joe@example.net", first.GetProperty("entries")[0].GetProperty("recipient").GetString());
        Assert.Equal("bob@example.net", second.GetProperty("entries")[0].GetProperty("recipient").GetString());
        Assert.Empty((await _world.GetAsync("/admin/v1/queue?state=deferred")).GetProperty("entries").EnumerateArray());
    }

    [Theory]
    [InlineData("/admin/v1/queue?limit=0")]
    [InlineData("/admin/v1/queue?limit=501")]
    [InlineData("/admin/v1/queue?limit=many")]
    [InlineData("/admin/v1/queue?state=lost")]
    [InlineData("/admin/v1/queue?state=1")]
    [InlineData("/admin/v1/events?limit=0")]
    [InlineData("/admin/v1/events?kind=lost")]
    [InlineData("/admin/v1/events?message=abc")]
    [InlineData("/admin/v1/events?since=yesterday")]
    [InlineData("/admin/v1/suppressions?limit=0")]
    [InlineData("/admin/v1/dkim?domain=a..b")]
    public async Task Refuses_what_it_cannot_understand(string path)
    {
        using var response = await _world.SendAsync("GET", path);

        await AssertProblemAsync(response, HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("/admin/v1/queue/hold", "{")]
    [InlineData("/admin/v1/queue/hold", "{}")]
    [InlineData("/admin/v1/queue/hold", "null")]
    [InlineData("/admin/v1/queue/hold", """{"messageId":"abc"}""")]
    [InlineData("/admin/v1/queue/hold", """{"recipientId":"first"}""")]
    [InlineData("/admin/v1/suppressions", """{"address":"nobody"}""")]
    [InlineData("/admin/v1/users", """{"name":""}""")]
    [InlineData("/admin/v1/keys", """{"name":"a","scope":"everything"}""")]
    [InlineData("/admin/v1/dkim/a..b", "{}")]
    public async Task Refuses_bodies_it_cannot_understand(string path, string body)
    {
        using var response = await _world.SendAsync("POST", path, body);

        await AssertProblemAsync(response, HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task Acts_on_the_queue_and_remembers_who_did()
    {
        var id = await _world.EnqueueAsync("bob@example.net");

        using var response = await _world.SendAsync("POST", "/admin/v1/queue/hold", $$"""{"messageId":"{{id}}"}""", "operate");

        var result = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(1, result.GetProperty("affected").GetInt32());
        Assert.Equal(RecipientState.Held, (await _world.Queue.FindAsync(id, CancellationToken.None))!.Recipients[0].State);
        var entry = Assert.Single(await _world.Audit.ListAsync(null, 10, CancellationToken.None));
        Assert.Equal(("operate-token", "queue.hold", $"message {id}", 1), (entry.Actor, entry.Action, entry.Target, entry.AffectedCount));
        Assert.Equal("operate-token", Assert.Single(_world.Queue.AllEvents, e => e.Kind == DeliveryEventKind.Held).Actor);
    }

    [Fact]
    public async Task Suppresses_and_forgives_addresses_with_an_audit_entry()
    {
        using var added = await _world.SendAsync("POST", "/admin/v1/suppressions", """{"address":"Bob@Example.NET","detail":"asked"}""", "operate");
        var list = await _world.GetAsync("/admin/v1/suppressions");
        using var removed = await _world.SendAsync("DELETE", "/admin/v1/suppressions/bob%40example.net", token: "operate");
        using var again = await _world.SendAsync("DELETE", "/admin/v1/suppressions/bob%40example.net", token: "operate");

        Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        Assert.Equal("bob@example.net", list.GetProperty("entries")[0].GetProperty("address").GetString());
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        await AssertProblemAsync(again, HttpStatusCode.NotFound);
        Assert.Equal(["suppression.remove", "suppression.add"], (await _world.Audit.ListAsync(null, 10, CancellationToken.None)).Select(e => e.Action));
    }

    [Theory]
    [InlineData("bob@example.net", new[] { "bob@example.net", "*@example.net", "bob@*" })]
    [InlineData("*@Example.net", new[] { "*@example.net" })]
    [InlineData("Bob@*", new[] { "bob@*" })]
    [InlineData("eve@example.net", new[] { "*@example.net" })]
    [InlineData("eve@*", new string[0])]
    public async Task Shows_what_holds_an_address_and_the_entry_of_a_pattern_once(string asked, string[] expected)
    {
        foreach (var address in new[] { "bob@example.net", "*@example.net", "bob@*" })
        {
            using var added = await _world.SendAsync("POST", "/admin/v1/suppressions", $$"""{"address":"{{address}}"}""", "operate");
        }

        var held = await _world.GetAsync("/admin/v1/suppressions/" + Uri.EscapeDataString(asked));

        Assert.Equal(expected, held.GetProperty("entries").EnumerateArray().Select(entry => entry.GetProperty("address").GetString()));
    }

    [Theory]
    [InlineData("/admin/v1/suppressions", """{"address":"a@example.com","expiresAt":"yesterday"}""", "expiresAt: the value cannot be understood")]
    [InlineData("/admin/v1/suppressions", """{"address":5}""", "address: the value cannot be understood")]
    [InlineData("/admin/v1/suppressions", "{", "the body is no valid JSON")]
    [InlineData("/admin/v1/dkim/example.com?active=perhaps", "{}", "active: 'perhaps' is not true or false")]
    public async Task A_body_that_cannot_be_read_is_refused_with_the_member(string path, string body, string detail)
    {
        using var response = await _world.SendAsync("POST", path, body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal(detail, (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Shows_content_to_operators_and_remembers_who_read_it()
    {
        var id = await _world.EnqueueAsync("bob@example.net");

        using var raw = await _world.SendAsync("GET", $"/admin/v1/messages/{id}/raw", token: "operate");
        var content = await _world.GetAsync($"/admin/v1/messages/{id}/content", "operate");

        Assert.Equal("message/rfc822", raw.Content.Headers.ContentType!.MediaType);
        Assert.EndsWith("\r\n\r\nHello.\r\n", await raw.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.StartsWith("Hello.", content.GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(["message.read", "message.read"], (await _world.Audit.ListAsync(null, 10, CancellationToken.None)).Select(e => e.Action));
    }

    [Theory]
    [InlineData("/admin/v1/messages/01m7z1ajp4f04a1y0943d1j8de")]
    [InlineData("/admin/v1/messages/abc")]
    [InlineData("/admin/v1/messages/abc/raw")]
    [InlineData("/admin/v1/nowhere")]
    public async Task Says_when_there_is_nothing(string path)
    {
        using var response = await _world.SendAsync("GET", path);

        await AssertProblemAsync(response, HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Bounces_are_what_ended_badly()
    {
        await _world.GetAsync("/admin/v1/bounces?domain=example.net");
        await _world.GetAsync("/admin/v1/events?kind=delivered,held");

        Assert.Equal([DeliveryEventKind.Bounced, DeliveryEventKind.Expired], _world.EventFilters[0].Kinds);
        Assert.Equal("example.net", _world.EventFilters[0].Domain);
        Assert.Equal([DeliveryEventKind.Delivered, DeliveryEventKind.Held], _world.EventFilters[1].Kinds);
    }

    [Fact]
    public async Task Makes_a_key_and_shows_it_once()
    {
        using var created = await _world.SendAsync("POST", "/admin/v1/keys", """{"name":"app"}""");
        using var twice = await _world.SendAsync("POST", "/admin/v1/keys", """{"name":"app"}""");

        var key = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;
        Assert.StartsWith("rk_", key, StringComparison.Ordinal);
        await AssertProblemAsync(twice, HttpStatusCode.Conflict);
        Assert.DoesNotContain(key, (await _world.GetAsync("/admin/v1/keys", "admin")).GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_api_key_is_no_admin_token()
    {
        using var created = await _world.SendAsync("POST", "/admin/v1/keys", """{"name":"app","scope":"full"}""");
        var key = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("key").GetString()!;

        using var response = await _world.SendAsync("GET", "/admin/v1/status", token: key);

        await AssertProblemAsync(response, HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Makes_and_retires_signing_keys()
    {
        using var made = await _world.SendAsync("POST", "/admin/v1/dkim/example.com", "{}");
        var selector = (await made.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("entries")[0].GetProperty("selector").GetString();

        using var retired = await _world.SendAsync("POST", $"/admin/v1/dkim/example.com/{selector}/retire");
        using var again = await _world.SendAsync("POST", $"/admin/v1/dkim/example.com/{selector}/retire");

        Assert.Equal(HttpStatusCode.NoContent, retired.StatusCode);
        await AssertProblemAsync(again, HttpStatusCode.NotFound);
        var keys = (await _world.GetAsync("/admin/v1/dkim?domain=example.com")).GetProperty("entries").EnumerateArray();
        Assert.Equal("retiring", keys.Single(key => key.GetProperty("selector").GetString() == selector).GetProperty("state").GetString());
    }

    [Fact]
    public async Task Describes_every_route_with_a_summary()
    {
        using var response = await _world.SendAsync("GET", "/admin/v1/openapi.json", token: null);
        var paths = (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("paths");

        var operations = paths.EnumerateObject().SelectMany(path => path.Value.EnumerateObject().Select(operation => (Path: path.Name, operation.Name, operation.Value))).ToList();
        Assert.All(operations, o => Assert.True(o.Value.TryGetProperty("summary", out var text) && text.GetString()!.Length > 0, $"{o.Name} {o.Path} has no summary"));
        Assert.Equal(_world.Routes(), operations.Select(o => $"{o.Name.ToUpperInvariant()} {o.Path}").Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/page/app.js", "text/javascript")]
    [InlineData("/page/style.css", "text/css")]
    public async Task Serves_the_page_under_a_strict_policy(string path, string mediaType)
    {
        using var response = await _world.SendAsync("GET", path, token: null);

        Assert.Equal((HttpStatusCode.OK, mediaType), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        var policy = Assert.Single(response.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("default-src 'none'; script-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
    }

    [Fact]
    public async Task Health_needs_no_token_and_names_what_is_unwell()
    {
        using var well = await _world.SendAsync("GET", "/health/ready", token: null);
        _world.Queue.Health = new StoreHealth(false, "disk full at /secret");
        using var unwell = await _world.SendAsync("GET", "/health/ready", token: null);
        using var live = await _world.SendAsync("GET", "/health/live", token: null);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.ServiceUnavailable, HttpStatusCode.OK), (well.StatusCode, unwell.StatusCode, live.StatusCode));
        var text = await unwell.Content.ReadAsStringAsync();
        Assert.Contains("\"store\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_metrics_in_the_prometheus_text_format()
    {
        using var meter = new System.Diagnostics.Metrics.Meter("Relay.Test");
        meter.CreateCounter<long>("relay.test.things", "{thing}", "Things\nseen.").Add(2, new KeyValuePair<string, object?>("name", "a\"b\\c\nd"));
        meter.CreateHistogram<double>("relay.test.duration", "s", "Time.").Record(0.02);

        using var response = await _world.SendAsync("GET", "/metrics", token: "view");
        var lines = (await response.Content.ReadAsStringAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries);

        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.All(lines, line => Assert.Matches(MetricLine(), line));
        Assert.Contains("""relay_test_things_total{name="a\"b\\c\nd"} 2""", lines);
        Assert.Contains("# TYPE relay_test_duration_seconds histogram", lines);
        Assert.Contains("""relay_test_duration_seconds_bucket{le="0.01"} 0""", lines);
        Assert.Contains("""relay_test_duration_seconds_bucket{le="+Inf"} 1""", lines);
        Assert.Contains("relay_test_duration_seconds_count 1", lines);
    }

    private static async Task AssertProblemAsync(HttpResponseMessage response, HttpStatusCode status)
    {
        Assert.Equal(status, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal((int)status, problem.GetProperty("status").GetInt32());
        Assert.NotEmpty(problem.GetProperty("title").GetString()!);
    }

    [GeneratedRegex("""^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="([^"\\]|\\.)*"(,[a-z_]+="([^"\\]|\\.)*")*\})? -?[0-9.E+-]+)$""")]
    private static partial Regex MetricLine();
}
