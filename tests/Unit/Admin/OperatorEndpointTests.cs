using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Relay.Delivery;
using Relay.Queue;
using Relay.Senders;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Reading, releasing and deleting captured mail; ages; tokens; audit; limits.</summary>
public sealed class OperatorEndpointTests : IAsyncLifetime
{
    private const string Html = "From: a@example.com\r\nTo: b@example.net\r\nTo: c@example.net\r\nSubject: Hi\r\nMIME-Version: 1.0\r\n"
        + "Content-Type: multipart/related; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<img src=\"cid:pic\"><script>x</script>\r\n"
        + "--b\r\nContent-Type: image/png; name=p.png\r\nContent-ID: <pic>\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n";

    private AdminWorld _world = null!;

    public async Task InitializeAsync() => _world = await AdminWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Shows_how_old_what_waits_is()
    {
        await _world.EnqueueAsync("a@example.net", "b@example.net", "c@example.org");
        _world.Time.Advance(TimeSpan.FromMinutes(7));

        var ages = await _world.GetAsync("/admin/v1/queue/ages?by=domain");

        Assert.Equal("example.net", ages.GetProperty("rows")[0].GetProperty("name").GetString());
        Assert.Equal([0, 2, 0, 0, 0, 0, 0, 0, 0, 0], ages.GetProperty("rows")[0].GetProperty("counts").EnumerateArray().Select(c => c.GetInt32()));
        await AssertStatusAsync(HttpStatusCode.BadRequest, "GET", "/admin/v1/queue/ages?by=colour");
        await AssertStatusAsync(HttpStatusCode.BadRequest, "GET", "/admin/v1/traffic?window=2m");
    }

    [Fact]
    public async Task Shows_headers_to_every_role_and_content_to_operators()
    {
        var id = await CaptureAsync();

        var headers = await _world.GetAsync($"/admin/v1/messages/{id}/headers");

        Assert.Contains(headers.GetProperty("entries").EnumerateArray(), field => field.GetProperty("name").GetString() == "Subject");
        await AssertStatusAsync(HttpStatusCode.Forbidden, "GET", $"/admin/v1/messages/{id}/parts/1", token: "view");
        var content = await _world.GetAsync($"/admin/v1/messages/{id}/content", "operate");
        var attachment = Assert.Single(content.GetProperty("attachments").EnumerateArray());
        using var part = await _world.SendAsync("GET", $"/admin/v1/messages/{id}/parts/{attachment.GetProperty("number")}", token: "operate");
        Assert.Equal([0, 0, 0], await part.Content.ReadAsByteArrayAsync());
        Assert.Equal("application/octet-stream", part.Content.Headers.ContentType!.MediaType);
        await AssertStatusAsync(HttpStatusCode.NotFound, "GET", $"/admin/v1/messages/{id}/parts/9");
    }

    [Fact]
    public async Task Shows_html_in_a_frame_that_may_do_nothing_for_a_short_time()
    {
        var id = await CaptureAsync();
        var url = (await PostAsync($"/admin/v1/messages/{id}/view", "{}")).GetProperty("url").GetString()!;

        using var frame = await _world.SendAsync("GET", url, token: null);

        var policy = Assert.Single(frame.Headers.GetValues("Content-Security-Policy"));
        Assert.StartsWith("sandbox allow-popups; default-src 'none';", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("https:", policy, StringComparison.Ordinal);
        Assert.Contains("data:image/png;base64,AAAA", await frame.Content.ReadAsStringAsync(), StringComparison.Ordinal);

        _world.Time.Advance(TimeSpan.FromMinutes(3));
        await AssertStatusAsync(HttpStatusCode.NotFound, "GET", url, token: null);

        var remote = (await PostAsync($"/admin/v1/messages/{id}/view", """{"remote":true}""")).GetProperty("url").GetString()!;
        using var open = await _world.SendAsync("GET", remote, token: null);
        Assert.Contains("img-src data: https: http:", Assert.Single(open.Headers.GetValues("Content-Security-Policy")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tells_what_receivers_would_find()
    {
        var id = await CaptureAsync();

        var findings = await _world.GetAsync($"/admin/v1/messages/{id}/findings", "operate");

        var subjects = findings.GetProperty("entries").EnumerateArray().Select(f => f.GetProperty("subject").GetString()).ToList();
        Assert.Superset(new HashSet<string?> { "duplicate-fields", "script", "alternative", "message-id", "date", "signing" }, subjects.ToHashSet());
        var rule = findings.GetProperty("entries").EnumerateArray().First(f => f.GetProperty("subject").GetString() == "message-id");
        Assert.Equal("Gmail", rule.GetProperty("receivers")[0].GetString());
        Assert.Contains("write one Message-ID", rule.GetProperty("text").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shows_who_is_braked_and_lets_him_go()
    {
        _world.BrakesInForce.Add(new Brake(5, new BrakeParty(1, BrakeScope.Stream, "broadcast"), "complaints", "5 complaints about 100 delivered in a day", _world.Time.GetUtcNow()));

        var brake = (await _world.GetAsync("/admin/v1/brakes", "operate")).GetProperty("entries")[0];

        Assert.Equal(("stream", "broadcast", "complaints"), (brake.GetProperty("scope").GetString(), brake.GetProperty("name").GetString(), brake.GetProperty("rule").GetString()));
        Assert.Equal(("default", "stream broadcast"), (brake.GetProperty("account").GetString(), brake.GetProperty("who").GetString()));
        using var released = await _world.SendAsync("DELETE", "/admin/v1/brakes/5", null, "operate");
        Assert.Equal(3, (await released.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("affected").GetInt32());
        await AssertStatusAsync(HttpStatusCode.NotFound, "DELETE", "/admin/v1/brakes/5", null);
        await AssertStatusAsync(HttpStatusCode.NotFound, "DELETE", "/admin/v1/brakes/x", null);
    }

    [Fact]
    public async Task Names_the_login_that_is_braked_also_when_it_is_gone()
    {
        var login = await _world.Credentials.AddAsync(new Credential { AccountId = 1, Kind = CredentialKind.SmtpLogin, Name = "app", Verifier = "x", Scopes = "", CreatedAt = _world.Time.GetUtcNow() }, default);
        foreach (var id in (long[])[login.Id, login.Id + 1])
        {
            _world.BrakesInForce.Add(new Brake(id, new BrakeParty(1, BrakeScope.Credential, id.ToString(CultureInfo.InvariantCulture)), "volume", "much", _world.Time.GetUtcNow()));
        }

        var brakes = (await _world.GetAsync("/admin/v1/brakes", "operate")).GetProperty("entries").EnumerateArray();

        Assert.Equal(["login app", $"credential {login.Id + 1}, which is gone"], brakes.Select(brake => brake.GetProperty("who").GetString()));
    }

    [Fact]
    public async Task Tells_what_receivers_would_say_of_a_domain()
    {
        _world.DomainFindings.Add(new ComplianceFinding(ComplianceRules.Dmarc, "there is none"));
        _world.Zone.Mx("example.com", 10, "mx.example.com").Address("mx.example.com", "192.0.2.1");

        var facts = await _world.GetAsync("/admin/v1/domains/example.com/check?envelope=bounce.example.com", "operate");

        Assert.Equal("bounce.example.com", facts.GetProperty("envelope").GetString());
        Assert.Equal("dmarc", facts.GetProperty("findings")[0].GetProperty("rule").GetString());
        Assert.StartsWith("publish TXT _dmarc.example.com,", facts.GetProperty("findings")[0].GetProperty("remedy").GetString(), StringComparison.Ordinal);
        Assert.Equal("ptr: not known", facts.GetProperty("unknown")[0].GetString());
        var reports = facts.GetProperty("advice").EnumerateArray().Single(advice => advice.GetProperty("check").GetString() == "tls-rpt");
        Assert.Equal("missing", reports.GetProperty("state").GetString());
        Assert.Equal("_smtp._tls.example.com", reports.GetProperty("records")[0].GetProperty("name").GetString());
        await AssertStatusAsync(HttpStatusCode.BadRequest, "GET", "/admin/v1/domains/a..b/check", null);
        await AssertStatusAsync(HttpStatusCode.NotFound, "GET", "/admin/v1/domains/example.com/check?account=none", null);
    }

    [Fact]
    public async Task Sends_captured_mail_for_real_past_the_capture_route()
    {
        var id = await CaptureAsync();

        using var response = await _world.SendAsync("POST", $"/admin/v1/messages/{id}/deliver", """{"recipients":["x@example.org"]}""", "operate");

        Assert.Equal(HttpStatusCode.Accepted, response.StatusCode);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        var sent = await _world.Queue.FindAsync(QueueId.Parse(answer.GetProperty("messageId").GetString()!), CancellationToken.None);
        Assert.Equal("example.org#!deliver", Assert.Single(sent!.Recipients).QueueKey);
        Assert.Equal("Hi", sent.Message.Subject);
        Assert.Contains(await _world.Audit.ListAsync(null, 10, CancellationToken.None), entry => entry.Action == "message.deliver");
        await AssertStatusAsync(HttpStatusCode.BadRequest, "POST", $"/admin/v1/messages/{id}/deliver", """{"recipients":["nobody"]}""");
    }

    [Fact]
    public async Task Deletes_only_what_is_over()
    {
        var open = await _world.EnqueueAsync("a@example.net");
        var captured = await CaptureAsync();
        await CaptureAsync();

        await AssertStatusAsync(HttpStatusCode.NotFound, "DELETE", $"/admin/v1/messages/{open}");
        await AssertStatusAsync(HttpStatusCode.NoContent, "DELETE", $"/admin/v1/messages/{captured}");
        await AssertStatusAsync(HttpStatusCode.NotFound, "GET", $"/admin/v1/messages/{captured}");
        Assert.Equal(1, (await PostAsync("/admin/v1/captured/clear", "{}")).GetProperty("affected").GetInt32());
        Assert.NotNull(await _world.Queue.FindAsync(open, CancellationToken.None));
    }

    [Fact]
    public async Task Makes_tokens_with_a_role_and_ends_them()
    {
        var made = await PostAsync("/admin/v1/tokens", """{"name":"wall screen","role":"view"}""", "admin");
        var token = made.GetProperty("token").GetString()!;

        await AssertStatusAsync(HttpStatusCode.OK, "GET", "/admin/v1/status", token: token);
        await AssertStatusAsync(HttpStatusCode.Forbidden, "POST", "/admin/v1/queue/hold", """{"all":true}""", token);
        Assert.Equal("wall screen", (await _world.GetAsync("/admin/v1/whoami", token)).GetProperty("name").GetString());
        await AssertStatusAsync(HttpStatusCode.Conflict, "POST", "/admin/v1/tokens", """{"name":"wall screen"}""");
        await AssertStatusAsync(HttpStatusCode.BadRequest, "POST", "/admin/v1/tokens", """{"name":"x","role":"king"}""");
        await AssertStatusAsync(HttpStatusCode.NoContent, "DELETE", "/admin/v1/tokens/wall%20screen");
        await AssertStatusAsync(HttpStatusCode.Unauthorized, "GET", "/admin/v1/status", token: token);
        Assert.DoesNotContain("wall", (await _world.GetAsync("/admin/v1/tokens", "admin")).ToString(), StringComparison.Ordinal);
        await PostAsync("/admin/v1/tokens", """{"name":"wall screen"}""", "admin");

        var audit = await _world.GetAsync("/admin/v1/audit?limit=2", "operate");
        Assert.Equal(["token.create", "token.revoke"], audit.GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("action").GetString()));
        Assert.True(audit.GetProperty("next").GetInt64() > 0);
    }

    [Fact]
    public async Task Streams_events_behind_the_last_one_seen()
    {
        await _world.EnqueueAsync("a@example.net");

        using var response = await _world.OpenStreamAsync("/admin/v1/events/stream?kind=accepted", lastEventId: "0");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        var lines = new List<string?>();
        while (!lines.Contains("event: event") || !lines[^1]!.StartsWith("id:", StringComparison.Ordinal))
        {
            lines.Add(await reader.ReadLineAsync());
        }

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        await AssertStatusAsync(HttpStatusCode.BadRequest, "GET", "/admin/v1/events/stream?kind=vanished");
    }

    [Fact]
    public async Task A_server_that_stops_ends_its_streams()
    {
        using var response = await _world.OpenStreamAsync("/admin/v1/events/stream", lastEventId: "0");
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        Assert.Equal("event: open", await reader.ReadLineAsync());

        _world.BeginStop();

        await reader.ReadToEndAsync().WaitAsync(TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_stream_begins_with_the_newest_event_to_continue_behind()
    {
        await _world.EnqueueAsync("a@example.net");

        using var response = await _world.OpenStreamAsync("/admin/v1/events/stream", lastEventId: null);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(), Encoding.UTF8);
        var lines = new[] { await reader.ReadLineAsync(), await reader.ReadLineAsync(), await reader.ReadLineAsync() };

        Assert.Contains($"id: {_world.Queue.AllEvents[^1].Sequence}", lines);
    }

    [Fact]
    public async Task Slows_down_a_token_that_runs_wild()
    {
        HttpResponseMessage? last = null;
        for (var i = 0; i < 60 && last?.StatusCode != HttpStatusCode.TooManyRequests; i++)
        {
            last?.Dispose();
            last = await _world.SendAsync("GET", "/admin/v1/whoami", token: "view");
        }

        using (last)
        {
            Assert.Equal(HttpStatusCode.TooManyRequests, last!.StatusCode);
            Assert.Equal("1", Assert.Single(last.Headers.GetValues("Retry-After")));
            Assert.Equal("application/problem+json", last.Content.Headers.ContentType!.MediaType);
        }
    }

    [Fact]
    public async Task Guards_the_configuration_by_its_version()
    {
        using var shown = await _world.SendAsync("GET", "/admin/v1/configuration", token: "view");
        Assert.Equal("\"v1\"", shown.Headers.ETag!.Tag);

        using var stale = await _world.SendAsync("POST", "/admin/v1/configuration/reload", ifMatch: "\"v0\"");
        using var fresh = await _world.SendAsync("POST", "/admin/v1/configuration/reload", ifMatch: "\"v1\"");

        Assert.Equal(HttpStatusCode.PreconditionFailed, stale.StatusCode);
        Assert.Equal((HttpStatusCode.OK, "\"v2\""), (fresh.StatusCode, fresh.Headers.ETag!.Tag));
        _world.Faults.Add("relay.toml:1: broken");
        await AssertStatusAsync(HttpStatusCode.UnprocessableEntity, "POST", "/admin/v1/configuration/reload");
        await AssertStatusAsync(HttpStatusCode.NotFound, "GET", "/admin/v1/configuration/history/9");
        await AssertStatusAsync(HttpStatusCode.Forbidden, "POST", "/admin/v1/configuration/reload", token: "operate");
    }

    [Theory]
    [InlineData("relative/folder", HttpStatusCode.BadRequest)]
    [InlineData("/", HttpStatusCode.Conflict)]
    [InlineData("/nowhere/relay-backup", HttpStatusCode.Accepted)]
    public async Task Takes_backups_into_empty_folders_only(string folder, HttpStatusCode expected)
    {
        using var response = await _world.SendAsync("POST", "/admin/v1/backups", JsonSerializer.Serialize(new { folder }));

        Assert.Equal(expected, response.StatusCode);
        if (expected == HttpStatusCode.Accepted)
        {
            var jobs = await _world.GetAsync("/admin/v1/jobs", "operate");
            Assert.Equal("backup", Assert.Single(jobs.GetProperty("entries").EnumerateArray()).GetProperty("kind").GetString());
        }
    }

    private async Task<QueueId> CaptureAsync()
    {
        var draft = Drafts.Message(_world.Time.GetUtcNow(), RecipientState.Captured, "b@example.net").WithContent(Html);
        await _world.Queue.EnqueueAsync([draft]);
        return draft.Message.Id;
    }

    private async Task<JsonElement> PostAsync(string path, string body, string token = "operate")
    {
        using var response = await _world.SendAsync("POST", path, body, token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task AssertStatusAsync(HttpStatusCode expected, string method, string path, string? body = null, string? token = "admin")
    {
        using var response = await _world.SendAsync(method, path, body, token);
        Assert.Equal(expected, response.StatusCode);
    }
}
