using System.Net;
using System.Text.Json;
using Relay.Platform.Emails;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Looking at e-mails: lists, one of them, its history and status; moving and cancelling.</summary>
public sealed class EmailReadingTests : IAsyncLifetime
{
    private const string Later = """{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t","scheduledAt":"2030-06-01T12:00:00+02:00"}""";

    private EmailApi _api = null!;

    public async Task InitializeAsync() => _api = await EmailApi.StartAsync();

    public async Task DisposeAsync() => await _api.DisposeAsync();

    [Fact]
    public async Task Others_and_unknown_and_malformed_ids_are_one_404()
    {
        var id = await _api.SentAsync(Later, account: 2);
        var answers = new List<string>();
        foreach (var path in (string[])[id, QueueId.New(_api.Now).ToString(), "xyz", new string('0', 26)])
        {
            var get = await _api.GetAsync($"/emails/{path}");
            var move = await _api.CallAsync(HttpMethod.Patch, $"/emails/{path}", """{"scheduledAt":"2030-06-02T00:00:00Z"}""");
            var cancel = await _api.CallAsync(HttpMethod.Post, $"/emails/{path}/cancel", "{}");
            answers.AddRange(new[] { get, move, cancel }.Select(reply => $"{reply.Status} {reply.Text}"));
        }

        Assert.StartsWith("NotFound", Assert.Single(answers.Distinct()), StringComparison.Ordinal);
        Assert.Equal(0, (await _api.GetAsync("/emails")).Json.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task The_beginning_of_the_history_is_there_before_any_event_is_followed()
    {
        var queued = await EventsAsync(await _api.SentAsync());
        var scheduled = await EventsAsync(await _api.SentAsync(Later));

        Assert.Equal(["QUEUED"], queued.Select(Status));
        Assert.Equal(["SCHEDULED"], scheduled.Select(Status));
    }

    [Fact]
    public async Task The_history_tells_each_event_with_its_facts_oldest_first()
    {
        var id = await _api.SentAsync();
        await _api.TellAsync(id, DeliveryEventKind.Deferred, e => e with
        {
            Attempt = 1,
            ReplyCode = 451,
            EnhancedCode = "4.7.1",
            Text = "come again",
            Class = "greylist",
            RemoteHost = "mx.example.net",
            RemoteAddress = "192.0.2.5",
            Tls = "TLS1.3",
        });
        _api.Time.Advance(TimeSpan.FromMinutes(5));
        await _api.TellAsync(id, DeliveryEventKind.Delivered);
        await _api.TellAsync(id, DeliveryEventKind.Clicked, e => e with { Url = "https://example.com/x", UserAgent = "browser", ClientAddress = "192.0.2.80", IsMachine = false });

        var events = await EventsAsync(id);

        Assert.Equal(["QUEUED", "DELIVERY_DELAYED", "SENT", "DELIVERED", "CLICKED"], events.Select(Status));
        Assert.All(events, happened => Assert.Equal(id, happened.GetProperty("emailId").GetString()));
        Assert.Equal(
            """{"recipient":"b@example.net","attempt":1,"code":451,"enhancedCode":"4.7.1","response":"come again","class":"greylist","mxHost":"mx.example.net","mxAddress":"192.0.2.5","tls":"TLS1.3"}""",
            events[1].GetProperty("data").GetRawText());
        Assert.Equal(
            """{"recipient":"b@example.net","url":"https://example.com/x","userAgent":"browser","ip":"192.0.2.80","isMachine":false}""",
            events[4].GetProperty("data").GetRawText());
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", events[1].GetProperty("createdAt").GetString());
    }

    [Fact]
    public async Task The_highest_status_reached_is_the_latest()
    {
        var id = await _api.SentAsync();
        var statuses = new List<string?>();
        foreach (var kind in (DeliveryEventKind[])[DeliveryEventKind.Deferred, DeliveryEventKind.Delivered, DeliveryEventKind.Bounced, DeliveryEventKind.Delivered, DeliveryEventKind.Held, DeliveryEventKind.Opened])
        {
            _api.Time.Advance(TimeSpan.FromSeconds(1));
            await _api.TellAsync(id, kind);
            statuses.Add(await LatestAsync(id));
        }

        Assert.Equal(["DELIVERY_DELAYED", "DELIVERED", "BOUNCED", "BOUNCED", "BOUNCED", "OPENED"], statuses);
        Assert.Equal(_api.Now, (await _api.Stores.Emails.FindAsync(1, QueueId.Parse(id), CancellationToken.None))!.UpdatedAt);
    }

    [Fact]
    public async Task Events_seen_again_and_of_other_mail_change_nothing()
    {
        var id = await _api.SentAsync();
        var follower = new EmailStatusFollower(_api.Stores.Emails);
        var bounced = new DeliveryEvent { Sequence = 50_000, Kind = DeliveryEventKind.Bounced, At = _api.Now, MessageId = QueueId.Parse(id) };
        await follower.ObserveAsync([bounced], CancellationToken.None);
        await follower.ObserveAsync([bounced with { Kind = DeliveryEventKind.Deferred, Sequence = 49_000 }], CancellationToken.None);
        await follower.ObserveAsync([bounced with { MessageId = QueueId.New(_api.Now), Sequence = 50_001 }], CancellationToken.None);

        Assert.Equal("BOUNCED", await LatestAsync(id));
        Assert.Equal(50_000, await follower.CursorAsync(CancellationToken.None));
        await follower.ObserveAsync([bounced with { MessageId = QueueId.New(_api.Now), Sequence = 70_000 }], CancellationToken.None);
        Assert.Equal(70_000, await follower.CursorAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_scheduled_email_is_moved_and_cancelled()
    {
        var id = await _api.SentAsync(Later);
        var moved = await _api.CallAsync(HttpMethod.Patch, $"/emails/{id}", """{"scheduledAt":"2030-07-01T00:00:00Z","x":1}""");
        await _api.FollowAsync();
        var told = (await _api.GetAsync($"/emails/{id}")).Json;
        var cancelled = await _api.CallAsync(HttpMethod.Post, $"/emails/{id}/cancel", "{}");
        await _api.FollowAsync();
        var again = await _api.CallAsync(HttpMethod.Post, $"/emails/{id}/cancel", null);
        var tooLate = await _api.CallAsync(HttpMethod.Patch, $"/emails/{id}", """{"scheduledAt":"2030-07-02T00:00:00Z"}""");

        Assert.Equal($$"""{"emailId":"{{id}}"}""", moved.Text);
        Assert.Equal("2030-07-01T00:00:00.000Z", told.GetProperty("scheduledAt").GetString());
        Assert.Contains(DateField.Make(new DateTimeOffset(2030, 7, 1, 0, 0, 0, TimeSpan.Zero)), await _api.SourceAsync(id), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, cancelled.Status);
        Assert.Equal(["SCHEDULED", "SCHEDULED", "CANCELLED"], (await EventsAsync(id)).Select(Status));
        Assert.Equal("CANCELLED", await LatestAsync(id));
        Assert.Equal((HttpStatusCode.BadRequest, "BAD_REQUEST"), (again.Status, again.Code));
        Assert.Contains("can no longer be moved", tooLate.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_not_scheduled_or_under_way_is_neither_moved_nor_cancelled()
    {
        var queued = await _api.SentAsync();
        var begun = await _api.SentAsync(Later);
        _api.Time.Advance(DateTimeOffset.Parse("2030-06-01T10:00:00Z", System.Globalization.CultureInfo.InvariantCulture) - _api.Now);
        Assert.Single(await _api.Stores.Queue.LeaseDueAsync(QueueLane.Of("example.net"), 100, CancellationToken.None), task => task.Message.Id.ToString() == begun);

        foreach (var id in (string[])[queued, begun])
        {
            Assert.Equal(HttpStatusCode.BadRequest, (await _api.CallAsync(HttpMethod.Post, $"/emails/{id}/cancel", "{}")).Status);
            Assert.Equal(HttpStatusCode.BadRequest, (await _api.CallAsync(HttpMethod.Patch, $"/emails/{id}", """{"scheduledAt":"2030-12-01T00:00:00Z"}""")).Status);
        }
    }

    [Fact]
    public async Task Moves_and_cancellations_at_once_leave_one_outcome()
    {
        var id = await _api.SentAsync(Later);

        var acts = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => i % 2 == 0
            ? _api.CallAsync(HttpMethod.Patch, $"/emails/{id}", $$"""{"scheduledAt":"2030-07-01T00:00:{{i + 10}}Z"}""")
            : _api.CallAsync(HttpMethod.Post, $"/emails/{id}/cancel", "{}"))));
        await _api.FollowAsync();

        Assert.All(acts, act => Assert.True(act.Status is HttpStatusCode.OK or HttpStatusCode.BadRequest, act.Text));
        Assert.Single(acts.Where((act, i) => i % 2 == 1 && act.Status == HttpStatusCode.OK));
        Assert.Equal("CANCELLED", await LatestAsync(id));
        Assert.All((await _api.MessageAsync(id)).Recipients, recipient => Assert.Equal(RecipientState.Cancelled, recipient.State));
    }

    [Theory]
    [InlineData("", "the body is empty")]
    [InlineData("{}", "scheduledAt: is missing")]
    [InlineData("[]", "the body must be a JSON object")]
    [InlineData("{\"scheduledAt\":null}", "scheduledAt: is missing")]
    [InlineData("{\"scheduledAt\":\"soon\"}", "scheduledAt: must be a date-time")]
    [InlineData("{\"scheduledAt\":\"2999-01-01T00:00:00Z\"}", "scheduledAt: may lie a year ahead")]
    [InlineData("{", "the body is not valid JSON")]
    public async Task A_new_time_must_be_one(string body, string message)
    {
        var id = await _api.SentAsync(Later);

        Assert.StartsWith(message, (await _api.CallAsync(HttpMethod.Patch, $"/emails/{id}", body)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_time_in_the_past_means_at_once()
    {
        var now = await _api.SentAsync("""{"from":"a@example.com","to":"b@example.net","subject":"s","text":"t","scheduledAt":"2001-01-01T00:00:00Z"}""");
        var moved = await _api.SentAsync(Later);
        await _api.CallAsync(HttpMethod.Patch, $"/emails/{moved}", """{"scheduledAt":"2001-01-01T00:00:00Z"}""");

        Assert.Null((await _api.MessageAsync(now)).Message.NotBefore);
        Assert.Equal(2, (await _api.Stores.Queue.LeaseDueAsync(QueueLane.Of("example.net"), 100, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Lists_are_paged_and_filtered()
    {
        var ids = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            ids.Insert(0, await _api.SentAsync());
            _api.Time.Advance(TimeSpan.FromMinutes(1));
        }

        var since = Uri.EscapeDataString((_api.Now - TimeSpan.FromMinutes(4)).ToString("yyyy-MM-dd'T'HH:mm:sszzz", System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(Told(ids[..2], 5), await ListAsync("?limit=2"));
        Assert.Equal(Told(ids[2..4], 5), await ListAsync("?limit=2&page=2"));
        Assert.Equal(Told(ids[4..], 5), await ListAsync("?page=3&limit=2"));
        Assert.Equal(Told([], 5), await ListAsync("?page=9"));
        Assert.Equal(Told(ids[..4], 4), await ListAsync($"?startDate={since}"));
        Assert.Equal(Told(ids[3..], 2), await ListAsync($"?endDate={since}"));
        Assert.Equal(Told([], 0), await ListAsync("?domainId=5&domainId=6"));
    }

    [Theory]
    [InlineData("page=0", "page")]
    [InlineData("page=-1", "page")]
    [InlineData("page=x", "page")]
    [InlineData("page=", "page")]
    [InlineData("page=1&page=2", "page")]
    [InlineData("page=99999999999", "page")]
    [InlineData("limit=101", "limit")]
    [InlineData("limit=1.5", "limit")]
    [InlineData("startDate=yesterday", "startDate")]
    [InlineData("endDate=2030-01-01", "endDate")]
    [InlineData("startDate=2030-01-02T00:00:00Z&endDate=2030-01-01T00:00:00Z", "endDate")]
    [InlineData("domainId=abc", "domainId")]
    [InlineData("domainId=1&domainId=", "domainId")]
    public async Task A_bad_condition_is_named(string query, string field)
    {
        var reply = await _api.GetAsync("/emails?" + query);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.StartsWith($"{field}: ", reply.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_bodies_stand_in_the_email_and_not_in_the_list()
    {
        var id = await _api.SentAsync($$"""{"from":"a@example.com","to":"b@example.net","subject":"s","html":"<p>short</p>","text":"{{new string('x', EmailLimits.MaxListedBodyLength + 1)}}"}""");

        var listed = (await _api.GetAsync("/emails")).Json.GetProperty("data")[0];
        Assert.Equal(("<p>short</p>", JsonValueKind.Null), (listed.GetProperty("html").GetString(), listed.GetProperty("text").ValueKind));
        Assert.Equal(EmailLimits.MaxListedBodyLength + 1, (await _api.GetAsync($"/emails/{id}")).Json.GetProperty("text").GetString()!.Length);
    }

    [Fact]
    public async Task Retention_takes_the_bodies_with_the_content_and_the_row_with_the_message()
    {
        var id = await _api.SentAsync(Later);
        await _api.CallAsync(HttpMethod.Post, $"/emails/{id}/cancel", "{}");
        var rules = new RetentionRules { ContentHttp = TimeSpan.FromDays(7), Messages = TimeSpan.FromDays(30) };
        _api.Time.Advance(TimeSpan.FromDays(8));
        await _api.Stores.Queue.ApplyRetentionAsync(rules, CancellationToken.None);
        var without = (await _api.GetAsync($"/emails/{id}")).Json;
        _api.Time.Advance(TimeSpan.FromDays(23));
        await _api.Stores.Queue.ApplyRetentionAsync(rules, CancellationToken.None);

        Assert.Equal((JsonValueKind.Null, "s"), (without.GetProperty("text").ValueKind, without.GetProperty("subject").GetString()));
        Assert.Equal(HttpStatusCode.NotFound, (await _api.GetAsync($"/emails/{id}")).Status);
        Assert.Equal(0, (await _api.GetAsync("/emails")).Json.GetProperty("count").GetInt32());
    }

    private static string? Status(JsonElement happened) => happened.GetProperty("status").GetString();

    private async Task<List<JsonElement>> EventsAsync(string id) =>
        [.. (await _api.GetAsync($"/emails/{id}")).Json.GetProperty("emailEvents").EnumerateArray()];

    private async Task<string?> LatestAsync(string id) => (await _api.GetAsync($"/emails/{id}")).Json.GetProperty("latestStatus").GetString();

    private async Task<string> ListAsync(string query)
    {
        var list = (await _api.GetAsync("/emails" + query)).Json;
        return Told(list.GetProperty("data").EnumerateArray().Select(email => email.GetProperty("id").GetString()!), list.GetProperty("count").GetInt32());
    }

    private static string Told(IEnumerable<string> ids, int count) => $"{string.Join(' ', ids)} of {count}";
}
