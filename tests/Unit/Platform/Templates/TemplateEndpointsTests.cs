using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Relay.Platform;
using Relay.Platform.Templates;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The template operations over HTTP, without sockets.</summary>
public sealed class TemplateEndpointsTests : IAsyncLifetime
{
    private const string AccountHeader = "X-Test-Account";
    private const string ScopeHeader = "X-Test-Scope";

    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2026, 11, 21, 14, 0, 0, TimeSpan.Zero));
    private readonly WebApplication _application;
    private HttpClient _http = null!;

    public TemplateEndpointsTests()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseTestServer();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Services.AddSingleton<ITemplateStore>(new MemoryTemplateStore());
        builder.Services.AddSingleton(new BodyBudget(new PlatformOptions { Hostname = "relay.example.com" }));
        builder.Services.AddTemplates();
        _application = builder.Build();
        _application.Use((context, next) =>
        {
            var credential = new Credential
            {
                Kind = CredentialKind.ApiKey,
                Name = "test",
                Verifier = "",
                AccountId = context.Request.Headers.TryGetValue(AccountHeader, out var account) ? long.Parse(account!, null) : 1,
                Scopes = context.Request.Headers.TryGetValue(ScopeHeader, out var scope) ? scope! : "full",
                CreatedAt = default,
            };
            new ApiCaller(credential, "192.0.2.1").Attach(context);
            return next(context);
        });
        _application.Services.GetRequiredService<TemplateEndpoints>().Map(_application.MapGroup("/api/v1"));
    }

    public async Task InitializeAsync()
    {
        await _application.StartAsync();
        _http = _application.GetTestClient();
    }

    public async Task DisposeAsync()
    {
        _http.Dispose();
        await _application.DisposeAsync();
    }

    [Fact]
    public async Task Creates_and_shows_a_template()
    {
        var created = await PostAsync("", new { name = " welcome ", subject = "Hi {{name}}", html = "<p>{{name}}</p>", variables = new { name = "you", code = (string?)null }, unknown = 1 });

        var id = created.GetProperty("id").GetString()!;
        Assert.Equal('7', id[14]);
        AssertJson(
            $$$"""{"id":"{{{id}}}","name":"welcome","subject":"Hi {{name}}","html":"\u003Cp\u003E{{name}}\u003C/p\u003E","text":null,"variables":{"name":"you","code":null},"strict":false,"version":1,"createdAt":"2026-11-21T14:00:00.000Z","updatedAt":"2026-11-21T14:00:00.000Z"}""",
            created);
        Assert.Equal(created.GetRawText(), (await GetAsync("/" + id)).GetRawText());
    }

    [Theory]
    [InlineData("""{"html":"x"}""", "name: is required")]
    [InlineData("""{"name":" ","html":"x"}""", "name: is required")]
    [InlineData("""{"name":7,"html":"x"}""", "name: must be a string")]
    [InlineData("""{"name":"a\u0007b","html":"x"}""", "name: must be one line without control characters")]
    [InlineData("""{"name":"a"}""", "html: is required, or text")]
    [InlineData("""{"name":"a","html":"","text":null}""", "html: is required, or text")]
    [InlineData("""{"name":"a","html":"ok\n{{#if x}}"}""", "html: line 2: {{#if}} is never closed")]
    [InlineData("""{"name":"a","text":"x","subject":"{{nope a}}"}""", "subject: line 1: there is no helper 'nope': date, default, eq, lookup, lower, ne, upper, urlencode are known")]
    [InlineData("""{"name":"a","text":"x","variables":["a"]}""", "variables: must be an object")]
    [InlineData("""{"name":"a","text":"x","variables":{"n":1}}""", "variables.n: must be a string")]
    [InlineData("""{"name":"a","text":"x","variables":{"":"x"}}""", "variables: a name must have 1 to 100 characters")]
    [InlineData("""{"name":"a","text":"x","strict":"yes"}""", "strict: must be true or false")]
    [InlineData("[]", "the body must be a JSON object")]
    public async Task A_bad_field_is_named(string body, string message)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await _http.PostAsync(Path(""), content);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal(("BAD_REQUEST", message), await FaultAsync(answer));
        Assert.Equal(0, (await GetAsync("")).GetProperty("count").GetInt64());
    }

    [Fact]
    public async Task Bounds_names_sources_and_variables()
    {
        Assert.Equal("name: may have 100 characters at most", await RefusalAsync(new { name = new string('a', 101), text = "x" }));
        Assert.Equal("subject: may have 2000 characters at most", await RefusalAsync(new { name = "a", text = "x", subject = new string('a', 2001) }));
        Assert.Equal("text: is larger than 524288 octets", await RefusalAsync(new { name = "a", text = new string('ä', 262_145) }));
        var many = Enumerable.Range(0, 201).ToDictionary(i => "v" + i, _ => "x");
        Assert.Equal("variables: may hold 200 members at most", await RefusalAsync(new { name = "a", text = "x", variables = many }));
        Assert.Equal("variables.v: may have 65536 characters at most", await RefusalAsync(new { name = "a", text = "x", variables = new { v = new string('a', 65_537) } }));
    }

    [Fact]
    public async Task What_is_no_json_is_refused()
    {
        using var content = new StringContent("{\"name\":", Encoding.UTF8, "application/json");
        using var answer = await _http.PostAsync(Path(""), content);
        Assert.StartsWith("the body is not valid JSON", (await FaultAsync(answer)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_taken_name_is_a_conflict()
    {
        await CreateAsync("a");
        var other = await CreateAsync("b");

        using var created = await SendAsync(HttpMethod.Post, "", new { name = "a", text = "x" });
        using var renamed = await SendAsync(HttpMethod.Patch, "/" + other, new { name = "a" });

        Assert.Equal((HttpStatusCode.Conflict, HttpStatusCode.Conflict), (created.StatusCode, renamed.StatusCode));
        Assert.Equal(("NOT_UNIQUE", "name: there is a template named 'a' already"), await FaultAsync(renamed));
    }

    [Fact]
    public async Task A_change_touches_what_it_names_and_makes_a_version()
    {
        var id = (await PostAsync("", new { name = "a", subject = "s", html = "h", text = "t", strict = true })).GetProperty("id").GetString()!;
        _time.Advance(TimeSpan.FromMinutes(1));

        var changed = await PatchAsync(id, new { html = (string?)null, subject = "new" });

        Assert.Equal(
            ("a", "new", null, "t", true, 2, "2026-11-21T14:01:00.000Z"),
            (changed.GetProperty("name").GetString(), changed.GetProperty("subject").GetString(), changed.GetProperty("html").GetString(), changed.GetProperty("text").GetString(), changed.GetProperty("strict").GetBoolean(), changed.GetProperty("version").GetInt32(), changed.GetProperty("updatedAt").GetString()));
    }

    [Fact]
    public async Task A_change_that_leaves_nothing_to_send_or_does_not_compile_changes_nothing()
    {
        var id = await CreateAsync("a");

        Assert.Equal("html: is required, or text", await RefusalAsync(new { text = "" }, HttpMethod.Patch, "/" + id));
        Assert.Equal("text: line 1: a tag is not closed", await RefusalAsync(new { text = "{{x" }, HttpMethod.Patch, "/" + id));
        Assert.Equal("name: is required", await RefusalAsync(new { name = (string?)null }, HttpMethod.Patch, "/" + id));
        Assert.Equal(1, (await GetAsync("/" + id)).GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task A_change_based_on_an_old_version_is_a_conflict()
    {
        var id = await CreateAsync("a");
        await PatchAsync(id, new { text = "2", version = 1 });

        using var late = await SendAsync(HttpMethod.Patch, "/" + id, new { text = "3", version = 1 });

        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);
        Assert.Equal(("CONFLICT", "version 1 is not current any more, 2 is"), await FaultAsync(late));
    }

    [Fact]
    public async Task Earlier_versions_can_be_read_and_restored()
    {
        var id = await CreateAsync("a");
        await PatchAsync(id, new { text = "second", name = "b" });

        var first = await GetAsync($"/{id}/versions/1");
        var restored = await PostAsync($"/{id}/versions/1/restore", new { });

        Assert.Equal(("a", "text"), (first.GetProperty("name").GetString(), first.GetProperty("text").GetString()));
        Assert.Equal(("b", "text", 3), (restored.GetProperty("name").GetString(), restored.GetProperty("text").GetString(), restored.GetProperty("version").GetInt32()));
        Assert.Equal([3, 2, 1], (await GetAsync($"/{id}/versions")).GetProperty("data").EnumerateArray().Select(v => v.GetProperty("version").GetInt32()));
    }

    [Fact]
    public async Task Keeps_fifty_versions()
    {
        var id = await CreateAsync("a");
        for (var i = 0; i < 50; i++)
        {
            await PatchAsync(id, new { text = "text " + i });
        }

        Assert.Equal(50, (await GetAsync($"/{id}/versions")).GetProperty("data").GetArrayLength());
        using var gone = await SendAsync(HttpMethod.Get, $"/{id}/versions/1");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
    }

    [Fact]
    public async Task Lists_in_pages_newest_first()
    {
        foreach (var name in new[] { "a", "b", "c" })
        {
            await CreateAsync(name);
        }

        var page = await GetAsync("?page=2&limit=2");

        Assert.Equal(3, page.GetProperty("count").GetInt64());
        var entry = Assert.Single(page.GetProperty("data").EnumerateArray());
        Assert.Equal("a", entry.GetProperty("name").GetString());
        Assert.False(entry.TryGetProperty("html", out _));
        Assert.Equal("limit: must be a number from 1 to 100", await RefusalAsync(null, HttpMethod.Get, "?limit=101"));
        Assert.Equal("page: must be a number from 1 to 100000", await RefusalAsync(null, HttpMethod.Get, "?page=x"));
    }

    [Fact]
    public async Task Previews_a_stored_template()
    {
        var id = (await PostAsync("", new { name = "a", subject = "Hi {{name}}", html = "<b>{{name}}</b>", variables = new { name = "you" } })).GetProperty("id").GetString();

        var given = await PostAsync($"/{id}/preview", new { variables = new { name = "A & B" } });
        using var empty = await SendAsync(HttpMethod.Post, $"/{id}/preview");

        AssertJson("""{"subject":"Hi A \u0026 B","html":"\u003Cb\u003EA \u0026amp; B\u003C/b\u003E","text":null}""", given);
        Assert.Equal("Hi you", (await empty.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("subject").GetString());
    }

    [Fact]
    public async Task Previews_content_that_is_stored_nowhere()
    {
        var preview = await PostAsync("/preview", new { text = "Hi {{name}}", variables = new { name = "Ann" } });

        Assert.Equal("Hi Ann", preview.GetProperty("text").GetString());
        Assert.Equal(0, (await GetAsync("")).GetProperty("count").GetInt64());
        Assert.Equal("text: line 1: a tag is not closed", await RefusalAsync(new { text = "{{x" }, path: "/preview"));
    }

    [Fact]
    public async Task A_strict_template_without_a_value_cannot_be_rendered()
    {
        var id = (await PostAsync("", new { name = "a", text = "{{code}}", strict = true })).GetProperty("id").GetString();

        using var stored = await SendAsync(HttpMethod.Post, $"/{id}/preview", new { });
        using var unsaved = await SendAsync(HttpMethod.Post, "/preview", new { text = "{{code}}", strict = true });

        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpStatusCode.UnprocessableEntity), (stored.StatusCode, unsaved.StatusCode));
        Assert.Equal(("UNPROCESSABLE", "the template needs a value for code"), await FaultAsync(stored));
    }

    [Fact]
    public async Task Deletes_once()
    {
        var id = await CreateAsync("a");

        using var first = await SendAsync(HttpMethod.Delete, "/" + id);
        using var second = await SendAsync(HttpMethod.Delete, "/" + id);

        Assert.Equal($$"""{"id":"{{id}}","success":true}""", await first.Content.ReadAsStringAsync());
        Assert.Equal(HttpStatusCode.NotFound, second.StatusCode);
    }

    [Theory]
    [InlineData("GET", "")]
    [InlineData("PATCH", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/preview")]
    [InlineData("GET", "/versions")]
    [InlineData("GET", "/versions/1")]
    [InlineData("POST", "/versions/1/restore")]
    public async Task A_foreign_template_answers_as_an_unknown_one(string method, string path)
    {
        var id = await CreateAsync("a");
        var unknown = Guid.CreateVersion7().ToString();

        using var foreign = await SendAsync(new HttpMethod(method), $"/{id}{path}", new { text = "y" }, account: "2");
        using var none = await SendAsync(new HttpMethod(method), $"/{unknown}{path}", new { text = "y" });
        using var nonsense = await SendAsync(new HttpMethod(method), $"/nonsense{path}", new { text = "y" });

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound), (foreign.StatusCode, none.StatusCode, nonsense.StatusCode));
        Assert.Equal((await FaultAsync(foreign)).Message.Replace(id, "", StringComparison.Ordinal), (await FaultAsync(none)).Message.Replace(unknown, "", StringComparison.Ordinal));
        Assert.Equal("text", (await GetAsync("/" + id)).GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("GET", "", "send", HttpStatusCode.OK)]
    [InlineData("POST", "/preview", "read", HttpStatusCode.OK)]
    [InlineData("POST", "", "send", HttpStatusCode.Forbidden)]
    [InlineData("POST", "", "read", HttpStatusCode.Forbidden)]
    public async Task Keys_do_what_their_scope_allows(string method, string path, string scope, HttpStatusCode expected)
    {
        using var answer = await SendAsync(new HttpMethod(method), path, new { name = "a", text = "x" }, scope: scope);
        Assert.Equal(expected, answer.StatusCode);
    }

    private static void AssertJson(string expected, JsonElement actual)
    {
        using var document = JsonDocument.Parse(expected);
        Assert.True(JsonElement.DeepEquals(document.RootElement, actual), actual.GetRawText());
    }

    private static Uri Path(string path) => new("/api/v1/templates" + path, UriKind.Relative);

    private static async Task<(string Code, string Message)> FaultAsync(HttpResponseMessage answer)
    {
        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error");
        return (error.GetProperty("code").GetString()!, error.GetProperty("message").GetString()!);
    }

    private async Task<string> CreateAsync(string name) => (await PostAsync("", new { name, text = "text" })).GetProperty("id").GetString()!;

    private async Task<string> RefusalAsync(object? body, HttpMethod? method = null, string path = "")
    {
        using var answer = await SendAsync(method ?? HttpMethod.Post, path, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        return (await FaultAsync(answer)).Message;
    }

    private Task<JsonElement> GetAsync(string path) => ReadAsync(HttpMethod.Get, path, null);

    private Task<JsonElement> PostAsync(string path, object body) => ReadAsync(HttpMethod.Post, path, body);

    private Task<JsonElement> PatchAsync(string id, object body) => ReadAsync(HttpMethod.Patch, "/" + id, body);

    private async Task<JsonElement> ReadAsync(HttpMethod method, string path, object? body)
    {
        using var answer = await SendAsync(method, path, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, object? body = null, string? account = null, string? scope = null)
    {
        using var request = new HttpRequestMessage(method, Path(path));
        if (body is not null && method != HttpMethod.Get)
        {
            request.Content = JsonContent.Create(body);
        }

        if (account is not null)
        {
            request.Headers.Add(AccountHeader, account);
        }

        if (scope is not null)
        {
            request.Headers.Add(ScopeHeader, scope);
        }

        return await _http.SendAsync(request);
    }
}
