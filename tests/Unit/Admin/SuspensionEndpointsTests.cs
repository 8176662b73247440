using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Relay.Platform.Campaigns;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SuspensionEndpointsTests : IAsyncLifetime
{
    private AdminWorld _world = null!;

    public async Task InitializeAsync() => _world = await AdminWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Adds_lists_and_ends_with_a_record_of_who_did()
    {
        using var added = await _world.SendAsync("POST", "/admin/v1/suspensions", """{"scope":"domain","name":"Example.NET","reason":"moving"}""");
        Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        var entry = Assert.Single((await _world.GetAsync("/admin/v1/suspensions")).GetProperty("entries").EnumerateArray());
        Assert.Equal(("domain", "example.net", "moving"), (entry.GetProperty("scope").GetString(), entry.GetProperty("name").GetString(), entry.GetProperty("reason").GetString()));

        var id = entry.GetProperty("id").GetInt64();
        using var ended = await _world.SendAsync("DELETE", $"/admin/v1/suspensions/{id}");
        using var again = await _world.SendAsync("DELETE", $"/admin/v1/suspensions/{id}");

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.NotFound), (ended.StatusCode, again.StatusCode));
        Assert.Equal(
            ["suspension.end", "suspension.add"],
            (await _world.Audit.ListAsync(null, 10, CancellationToken.None)).Where(a => a.Target == "domain example.net").Select(a => a.Action));
    }

    [Fact]
    public async Task Status_names_everything_that_stands_still()
    {
        var until = new DateTimeOffset(2050, 1, 2, 3, 4, 5, TimeSpan.Zero);
        _world.Resting = "its address is not on this machine";
        _world.PausedCampaigns.Add(new PausedCampaign(Guid.NewGuid(), "Spring", 7, "9 of 100 bounced", _world.Time.GetUtcNow()));
        (await _world.SendAsync("POST", "/admin/v1/accounts", """{"name":"shop"}""")).Dispose();
        (await _world.SendAsync("POST", "/admin/v1/accounts/shop/suspend")).Dispose();
        (await _world.SendAsync("POST", "/admin/v1/suspensions", $$"""{"scope":"site","name":"mx.example.net","reason":"they asked","until":"{{until:O}}"}""")).Dispose();

        var paused = (await _world.GetAsync("/admin/v1/status")).GetProperty("paused").EnumerateArray().ToList();

        Assert.Equal(
            ["site mx.example.net: they asked", "source a: its address is not on this machine", "account shop: its keys and logins are refused; mail already accepted still goes", "campaign Spring: 9 of 100 bounced"],
            paused.Select(p => $"{p.GetProperty("kind")} {p.GetProperty("name")}: {p.GetProperty("reason")}"));
        Assert.Equal((until, "admin-token"), (paused[0].GetProperty("until").GetDateTimeOffset(), paused[0].GetProperty("by").GetString()));
        Assert.Equal(JsonValueKind.Number, paused[0].GetProperty("suspensionId").ValueKind);
    }

    [Fact]
    public async Task An_account_is_named_by_its_name_or_its_number()
    {
        using var created = await _world.SendAsync("POST", "/admin/v1/accounts", """{"name":"shop"}""");
        var id = (await created.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetInt64();
        foreach (var name in new[] { "shop", id.ToString(System.Globalization.CultureInfo.InvariantCulture) })
        {
            using var added = await _world.SendAsync("POST", "/admin/v1/suspensions", $$"""{"scope":"account","name":"{{name}}","reason":"b"}""");
            Assert.Equal($"{id}", (await added.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("name").GetString());
        }
    }

    [Theory]
    [InlineData("""{"scope":"account","name":"99","reason":"b"}""")]
    [InlineData("""{"scope":"path","name":"a","reason":"b"}""")]
    [InlineData("""{"scope":"0","name":"a","reason":"b"}""")]
    [InlineData("""{"scope":"account","name":"acme","reason":"b"}""")]
    [InlineData("""{"scope":"stream","name":"slow","reason":"b"}""")]
    [InlineData("""{"scope":"domain","name":"a..b","reason":"b"}""")]
    [InlineData("""{"scope":"tag","name":"","reason":"b"}""")]
    [InlineData("""{"scope":"tag","name":"a"}""")]
    [InlineData("""{"scope":"tag","name":"a","reason":"b","until":"2001-01-01T00:00:00Z"}""")]
    public async Task Refuses_what_makes_no_suspension(string body)
    {
        using var response = await _world.SendAsync("POST", "/admin/v1/suspensions", body);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
    }

    [Fact]
    public async Task Bulk_acts_are_checked_and_may_go_to_the_background()
    {
        using var unknown = await _world.SendAsync("POST", "/admin/v1/queue/rebind", """{"all":true,"to":"route:nowhere"}""");
        using var nobody = await _world.SendAsync("POST", "/admin/v1/queue/bounce", """{"reason":"x"}""");
        using var final = await _world.SendAsync("POST", "/admin/v1/queue/hold", """{"state":"delivered"}""");
        Assert.All([unknown, nobody, final], response => Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode));

        using var known = await _world.SendAsync("POST", "/admin/v1/queue/rebind", """{"all":true,"to":"route:office"}""");
        using var started = await _world.SendAsync("POST", "/admin/v1/queue/bounce?background=true", """{"tag":"spring","olderThan":"2030-01-01T00:00:00Z"}""");
        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Accepted), (known.StatusCode, started.StatusCode));
        var job = started.Headers.Location!.ToString();
        Assert.Equal("queue-act", (await _world.GetAsync(job)).GetProperty("kind").GetString());
        using var stopped = await _world.SendAsync("DELETE", job);
        using var again = await _world.SendAsync("DELETE", job);
        Assert.Equal((HttpStatusCode.NoContent, HttpStatusCode.NotFound), (stopped.StatusCode, again.StatusCode));
    }

    [Fact]
    public async Task Explains_why_a_message_is_not_sent()
    {
        var draft = Drafts.Message(_world.Time.GetUtcNow(), [Drafts.Recipient("a@[192.0.2.1]", RecipientState.Held, _world.Time.GetUtcNow())]);
        await _world.Queue.EnqueueAsync([draft]);

        var why = await _world.GetAsync($"/admin/v1/messages/{draft.Message.Id}/why");

        var recipient = why.GetProperty("recipients")[0];
        Assert.Equal("held", recipient.GetProperty("state").GetString());
        Assert.Equal("it is held until an operator releases it", recipient.GetProperty("blockers")[0].GetProperty("what").GetString());
        using var unknown = await _world.SendAsync("GET", $"/admin/v1/messages/{draft.Message.Id}/why?recipient=99999");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }
}
