using System.Net;
using System.Text.Json;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>What the routes take, tell and refuse.</summary>
public sealed class CampaignApiTests : IAsyncLifetime
{
    private CampaignWorld _world = null!;

    public async Task InitializeAsync() => _world = await CampaignWorld.StartAsync();

    public async Task DisposeAsync() => await _world.DisposeAsync();

    [Fact]
    public async Task Plain_words_mean_the_clock_of_the_account_where_the_request_names_no_zone()
    {
        var configured = await _world.CreatedAsync(""","scheduledAt":"tomorrow 9am" """);
        Assert.Equal("2026-12-02T09:00:00.000Z", (await _world.CampaignAsync(configured)).GetProperty("scheduledAt").GetString());

        Assert.Equal("timeZone: must be a time zone such as Europe/Berlin or UTC", (await _world.CallAsync(HttpMethod.Patch, "/account", """{"timeZone":"Europe/Atlantis"}""")).Message);
        Assert.Equal("timeZone: must be a string", (await _world.CallAsync(HttpMethod.Patch, "/account", """{"timeZone":7}""")).Message);
        var set = (await _world.CallAsync(HttpMethod.Patch, "/account", """{"timeZone":"Asia/Tokyo"}""")).Json;
        Assert.Equal(("default", "Asia/Tokyo", false), (set.GetProperty("name").GetString(), set.GetProperty("timeZone").GetString(), set.GetProperty("isDefaultTimeZone").GetBoolean()));
        await _world.RestartAsync();
        Assert.Equal(set.GetRawText(), (await _world.GetAsync("/account")).Json.GetRawText());

        var own = await _world.CreatedAsync(""","scheduledAt":"tomorrow 9am" """);
        Assert.Equal("2026-12-02T00:00:00.000Z", (await _world.CampaignAsync(own)).GetProperty("scheduledAt").GetString());
        var named = await _world.CreatedAsync(""","scheduledAt":"tomorrow 9am","timeZone":"Europe/Berlin" """);
        Assert.Equal("2026-12-02T08:00:00.000Z", (await _world.CampaignAsync(named)).GetProperty("scheduledAt").GetString());

        Assert.Equal("Asia/Tokyo", (await _world.CallAsync(HttpMethod.Patch, "/account", "{}")).Json.GetProperty("timeZone").GetString());
        Assert.True((await _world.CallAsync(HttpMethod.Patch, "/account", """{"timeZone":null}""")).Json.GetProperty("isDefaultTimeZone").GetBoolean());
    }

    [Fact]
    public async Task A_draft_is_kept_and_read_back_after_a_restart()
    {
        var created = (await _world.PostAsync("/campaigns", _world.Body(""","replyTo":"r@example.com","cc":["c@example.com"],"batchSize":7,"previewText":"look" """))).Json;
        var id = created.GetProperty("id").GetString()!;
        await _world.RestartAsync();

        var read = await _world.CampaignAsync(id);

        Assert.Equal(created.GetRawText(), read.GetRawText());
        Assert.Equal(("DRAFT", "Spring", 7, 0), (Word(read, "status"), Word(read, "name"), read.GetProperty("batchSize").GetInt32(), read.GetProperty("batchWindowMinutes").GetInt32()));
        Assert.Equal("""["r@example.com"]""", read.GetProperty("replyTo").GetRawText());
        Assert.Equal(JsonValueKind.Null, read.GetProperty("scheduledAt").ValueKind);
    }

    [Theory]
    [InlineData("""{"name":null}""", "name: is missing")]
    [InlineData("""{"name":"n","subject":"s","contactBookId":"x"}""", "from: is missing")]
    [InlineData("""{"name":"n","from":"nobody","subject":"s"}""", "from: is not an e-mail address")]
    [InlineData("""{"name":"","from":"a@example.com"}""", "name: must not be empty")]
    [InlineData("""{"batchSize":0}""", "batchSize: must be a whole number from 1 to 100000")]
    [InlineData("""{"batchSize":100001}""", "batchSize: must be a whole number from 1 to 100000")]
    [InlineData("""{"batchSize":1.5}""", "batchSize: must be a whole number from 1 to 100000")]
    [InlineData("""{"sendNow":"yes"}""", "sendNow: must be true or false")]
    [InlineData("""{"timeZone":"Mars/Base"}""", "timeZone: must be a time zone such as Europe/Berlin")]
    [InlineData("""{"sendWindow":{"from":"17:00","to":"09:00"}}""", "sendWindow: needs from and to as HH:MM")]
    [InlineData("""{"sendWindow":{"from":"9","to":"10:00"}}""", "sendWindow.from: must be a time of day such as 09:00")]
    [InlineData("""{"cc":["x"]}""", "cc[0]: is not an e-mail address")]
    [InlineData("""{"subject":"a\r\nBcc: b"}""", "subject: must be one line")]
    [InlineData("[]", "the body must be a JSON object")]
    [InlineData("{", "the body is not valid JSON (line 1")]
    public async Task A_bad_field_is_named(string json, string problem)
    {
        var reply = await _world.PostAsync("/campaigns", json);

        Assert.Equal((HttpStatusCode.BadRequest, "BAD_REQUEST"), (reply.Status, reply.Code));
        Assert.StartsWith(problem, reply.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(""","scheduledAt":"whenever" """, "scheduledAt: must be a time such as 2030-01-31T12:00:00Z")]
    [InlineData(""","scheduledAt":"2999-01-01T00:00:00Z" """, "scheduledAt: may lie a year ahead at most")]
    [InlineData(""","templateId":"x" """, "templateId: cannot stand beside html")]
    public async Task What_cannot_be_scheduled_is_not_made(string more, string problem)
    {
        var reply = await _world.PostAsync("/campaigns", _world.Body(more));

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith(problem, reply.Message, StringComparison.Ordinal);
        Assert.Empty((await _world.GetAsync("/campaigns")).Json.GetProperty("campaigns").EnumerateArray());
    }

    [Theory]
    [InlineData("<p>no link</p>", "html: has no unsubscribe link; put {{usesend_unsubscribe_url}}")]
    [InlineData(null, "html: is missing; a campaign needs html, content or templateId")]
    public async Task Without_content_or_a_way_out_it_stays_a_draft(string? html, string problem)
    {
        var id = (await _world.PostAsync("/campaigns", _world.Body(html: html))).Json.GetProperty("id").GetString();

        var reply = await _world.PostAsync($"/campaigns/{id}/schedule");

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith(problem, reply.Message, StringComparison.Ordinal);
        Assert.Equal("DRAFT", Word(await _world.CampaignAsync(id!), "status"));
    }

    [Fact]
    public async Task Book_sender_and_template_must_be_ones_own()
    {
        var book = await _world.PostAsync("/campaigns", _world.Body().Replace(_world.Audience.Book.Uid.ToString(), Guid.NewGuid().ToString(), StringComparison.Ordinal));
        Assert.Equal((HttpStatusCode.NotFound, "contactBookId: there is no contact book with this id"), (book.Status, book.Message));
        var template = await _world.PostAsync("/campaigns", _world.Body($",\"templateId\":\"{Guid.NewGuid()}\"", null));
        Assert.Equal((HttpStatusCode.NotFound, "templateId: there is no template with this id"), (template.Status, template.Message));
        _world.Credential = _world.Credential with { AllowedSenders = ["other.test"] };
        var sender = await _world.PostAsync("/campaigns", _world.Body());
        Assert.Equal((HttpStatusCode.Forbidden, "from: this API key may not send as a@example.com"), (sender.Status, sender.Message));
    }

    [Fact]
    public async Task A_foreign_account_sees_and_moves_nothing()
    {
        var id = await _world.CreatedAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await _world.GetAsync("/campaigns/" + id, account: 2)).Status);
        Assert.Empty((await _world.GetAsync("/campaigns", account: 2)).Json.GetProperty("campaigns").EnumerateArray());
        foreach (var path in new[] { "schedule", "pause", "resume", "cancel" })
        {
            Assert.Equal(HttpStatusCode.NotFound, (await _world.PostAsync($"/campaigns/{id}/{path}", account: 2)).Status);
        }

        Assert.Equal(HttpStatusCode.NotFound, (await _world.PostAsync($"/campaigns/{id}/test", """{"to":"a@example.com"}""", account: 2)).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _world.CallAsync(HttpMethod.Delete, "/campaigns/" + id, null, account: 2)).Status);
        Assert.Equal("DRAFT", Word(await _world.CampaignAsync(id), "status"));
    }

    [Fact]
    public async Task Lists_are_filtered_and_paged()
    {
        for (var i = 0; i < 31; i++)
        {
            await _world.PostAsync("/campaigns", _world.Body().Replace("Spring", $"Spring {i}", StringComparison.Ordinal));
        }

        await _world.CreatedAsync(""","scheduledAt":"in 2 hours" """);

        var first = (await _world.GetAsync("/campaigns")).Json;
        Assert.Equal((30, 2), (first.GetProperty("campaigns").GetArrayLength(), first.GetProperty("totalPage").GetInt32()));
        Assert.Equal(2, (await _world.GetAsync("/campaigns?page=2")).Json.GetProperty("campaigns").GetArrayLength());
        Assert.Equal(1, (await _world.GetAsync("/campaigns?status=SCHEDULED")).Json.GetProperty("campaigns").GetArrayLength());
        Assert.Equal(["Spring 17"], (await _world.GetAsync("/campaigns?search=pring%2017")).Json.GetProperty("campaigns").EnumerateArray().Select(campaign => Word(campaign, "name")));
        Assert.Equal("status: must be DRAFT, SCHEDULED, IN_PROGRESS, PAUSED, COMPLETED or CANCELLED", (await _world.GetAsync("/campaigns?status=x")).Message);
        Assert.Equal("page: must be a number from 1 to 100000", (await _world.GetAsync("/campaigns?page=0")).Message);
    }

    [Fact]
    public async Task It_is_changed_until_it_begins_and_deleted_unless_it_is_under_way()
    {
        _world.Audience.Add(150);
        var id = await _world.CreatedAsync();
        var changed = await _world.CallAsync(HttpMethod.Patch, "/campaigns/" + id, """{"subject":"Other","previewText":"p"}""");
        Assert.Equal(("Other", "p", "Spring"), (Word(changed.Json, "subject"), Word(changed.Json, "previewText"), Word(changed.Json, "name")));

        Assert.Equal("true", (await _world.PostAsync($"/campaigns/{id}/schedule", """{"batchSize":50}""")).Json.GetProperty("success").GetRawText());
        await _world.Runner.TurnAsync(CancellationToken.None);
        Assert.Equal("a campaign that is IN_PROGRESS cannot be changed", (await _world.CallAsync(HttpMethod.Patch, "/campaigns/" + id, """{"subject":"x"}""")).Message);
        Assert.Equal("a campaign that is IN_PROGRESS cannot be deleted: cancel it first", (await _world.CallAsync(HttpMethod.Delete, "/campaigns/" + id, null)).Message);
        Assert.Equal("a campaign that is IN_PROGRESS cannot be scheduled", (await _world.PostAsync($"/campaigns/{id}/schedule")).Message);

        await _world.PostAsync($"/campaigns/{id}/pause");
        Assert.Equal("a campaign that is PAUSED cannot be scheduled: resume it, and it goes on", (await _world.PostAsync($"/campaigns/{id}/schedule")).Message);
        await _world.PostAsync($"/campaigns/{id}/resume");

        await _world.RunAsync();
        Assert.Equal("a campaign that is COMPLETED cannot be paused", (await _world.PostAsync($"/campaigns/{id}/pause")).Message);
        Assert.Equal(id, Word((await _world.CallAsync(HttpMethod.Delete, "/campaigns/" + id, null)).Json, "id"));
        Assert.Equal(HttpStatusCode.NotFound, (await _world.GetAsync("/campaigns/" + id)).Status);
        Assert.Equal(150, (await _world.QueuedAsync()).Count);
    }

    [Fact]
    public async Task A_preview_shows_one_contacts_copy()
    {
        _world.Audience.Add("bob@example.net", firstName: "Bob");
        _world.Audience.Add("carol@example.net", firstName: "Carol");
        var id = await _world.CreatedAsync();

        var first = (await _world.GetAsync($"/campaigns/{id}/preview")).Json;
        var chosen = (await _world.GetAsync($"/campaigns/{id}/preview?contact=carol@example.net")).Json;

        Assert.Equal(("bob@example.net", "Hello Bob"), (Word(first, "to"), Word(first, "subject")));
        Assert.Contains("Hi Carol", Word(chosen, "html"), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.NotFound, (await _world.GetAsync($"/campaigns/{id}/preview?contact=x")).Status);
    }

    [Fact]
    public async Task A_test_goes_to_oneself_and_to_nobody_else()
    {
        _world.Audience.Add("bob@example.net", firstName: "Bob");
        var id = await _world.CreatedAsync(""","bcc":"log@example.org" """);

        var reply = await _world.PostAsync($"/campaigns/{id}/test", """{"to":["me@example.org","you@example.org"]}""");

        Assert.Equal(2, reply.Json.GetProperty("data").GetArrayLength());
        var queued = await _world.QueuedAsync();
        Assert.Equal(["me@example.org", "you@example.org"], queued.Select(entry => entry.Recipient.Address.ToString()));
        var mail = await _world.EntityAsync(queued[0].Message.Id);
        Assert.Equal("Hello Bob", mail.Header.Text("Subject"));
        Assert.DoesNotContain("u/token", mail.Children[1].GetText(), StringComparison.Ordinal);
        Assert.Equal("to: is missing; name at least one recipient", (await _world.PostAsync($"/campaigns/{id}/test")).Message);
    }

    [Fact]
    public async Task Merge_errors_are_listed_before_anything_is_sent()
    {
        _world.Audience.Add("bob@example.net", firstName: "Bob", properties: ("Plan", "pro"));
        _world.Audience.Add("carol@example.net");
        _world.Audience.Add("left@example.net", isSubscribed: false);
        var id = await _world.CreatedAsync(html: "<p>{{firstName,fallback=you}} {{plan}} {{city}} <a href='{{unsubscribeUrl}}'>x</a></p>");

        var report = (await _world.GetAsync($"/campaigns/{id}/merge-errors")).Json;

        Assert.Equal((2, 2), (report.GetProperty("checked").GetInt32(), report.GetProperty("affected").GetInt32()));
        Assert.Equal((1, 1, 2), (Missing(report, "firstName"), Missing(report, "plan"), Missing(report, "city")));
        Assert.Equal("""["city"]""", report.GetProperty("errors")[0].GetProperty("fields").GetRawText());
    }

    private static int Missing(JsonElement report, string field) => report.GetProperty("fields").GetProperty(field).GetInt32();

    private static string Word(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
