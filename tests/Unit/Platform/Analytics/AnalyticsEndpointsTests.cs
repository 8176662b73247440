using Relay.Platform.Analytics;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AnalyticsEndpointsTests : IAsyncLifetime
{
    private readonly AnalyticsApi _api = new(new ManualTimeProvider(Counted.Noon.AddHours(1)));

    public async Task InitializeAsync()
    {
        await _api.StartAsync(withWork: false);
        var yesterday = Counted.Noon.AddDays(-1);
        CountedEvent[] events =
        [
            Counted.Event(1, DeliveryEventKind.Delivered, tags: ["a"]),
            Counted.Event(2, DeliveryEventKind.Delivered, at: yesterday, recipient: "b@example.net"),
            Counted.Event(3, DeliveryEventKind.Delivered, domain: "example.org", recipient: "c@example.net"),
            Counted.Event(4, DeliveryEventKind.Delivered, recipient: "d@example.net"),
            Counted.Event(5, DeliveryEventKind.Bounced, bounce: "bad-mailbox", at: yesterday),
            Counted.Event(6, DeliveryEventKind.Opened, isMachine: true),
            Counted.Event(7, DeliveryEventKind.Opened, isMachine: false),
            Counted.Event(8, DeliveryEventKind.Opened, isMachine: false),
            Counted.Event(9, DeliveryEventKind.Complained),
        ];
        await _api.Stores.Analytics.AddAsync(events, 9, CancellationToken.None);
    }

    public Task DisposeAsync() => _api.DisposeAsync().AsTask();

    [Theory]
    [InlineData("?days=7", 8)]
    [InlineData("?days=30", 31)]
    [InlineData("", 31)]
    public async Task The_time_series_has_today_and_the_days_before(string query, int expected)
    {
        var (status, body) = await _api.GetAsync("/v1/analytics/email-time-series" + query);
        Assert.Equal(200, status);
        var days = body.GetProperty("result").EnumerateArray().ToList();
        Assert.Equal(expected, days.Count);
        Assert.Equal("""{"date":"May 15","sent":3,"delivered":3,"opened":1,"clicked":0,"bounced":0,"complained":1}""", days[^1].GetRawText());
        Assert.Equal("""{"date":"May 14","sent":2,"delivered":1,"opened":0,"clicked":0,"bounced":1,"complained":0}""", days[^2].GetRawText());
        Assert.Equal("""{"sent":5,"delivered":4,"opened":1,"clicked":0,"bounced":1,"complained":1}""", body.GetProperty("totalCounts").GetRawText());
    }

    [Fact]
    public async Task The_reputation_is_in_per_cent_of_what_was_delivered()
    {
        var (_, body) = await _api.GetAsync("/v1/analytics/reputation-metrics");
        Assert.Equal("""{"delivered":4,"hardBounced":1,"complained":1,"bounceRate":25,"complaintRate":25}""", body.GetRawText());
        (_, body) = await _api.GetAsync("/v1/analytics/reputation-metrics?domainId=5");
        Assert.Equal("""{"delivered":1,"hardBounced":0,"complained":0,"bounceRate":0,"complaintRate":0}""", body.GetRawText());
    }

    [Fact]
    public async Task Another_account_sees_nothing()
    {
        var (_, series) = await _api.GetAsync("/v1/analytics/email-time-series", account: 2);
        Assert.Equal(0, series.GetProperty("totalCounts").GetProperty("sent").GetInt64());
        var (_, totals) = await _api.GetAsync("/v1/analytics/totals?groupBy=domain", account: 2);
        Assert.Equal(0, totals.GetProperty("groups").GetArrayLength());
        var (status, body) = await _api.GetAsync("/v1/analytics/email-time-series?domainId=5", account: 2);
        Assert.Equal((404, "NOT_FOUND"), (status, body.GetProperty("error").GetProperty("code").GetString()));
        var (_, unknown) = await _api.GetAsync("/v1/analytics/email-time-series?domainId=6");
        Assert.Equal(unknown.GetRawText(), body.GetRawText());
    }

    [Theory]
    [InlineData("email-time-series?days=8", "days: ")]
    [InlineData("email-time-series?domainId=abc", "domainId: ")]
    [InlineData("series?interval=week", "interval: ")]
    [InlineData("series?groupBy=recipient", "groupBy: ")]
    [InlineData("series?from=yesterday", "from: ")]
    [InlineData("series?to=2030-13-01", "to: ")]
    [InlineData("series?from=2030-05-15&to=2030-05-14", "from: ")]
    [InlineData("series?from=2030-06-15&to=2030-06-16", "from: ")]
    [InlineData("series?from=2020-01-01", "from: ")]
    [InlineData("series?interval=hour&from=2030-01-01", "from: ")]
    [InlineData("series?stream=news", "stream: ")]
    [InlineData("totals?domain=a_b", "domain: ")]
    [InlineData("totals?domain=example.com&domainId=5", "domain: ")]
    public async Task Bad_fields_are_named(string path, string begin)
    {
        var (status, body) = await _api.GetAsync("/v1/analytics/" + path);
        Assert.Equal(400, status);
        Assert.StartsWith(begin, body.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Totals_tell_programs_from_persons_and_go_by_group()
    {
        var (_, body) = await _api.GetAsync("/v1/analytics/totals?groupBy=domain");
        var counts = body.GetProperty("counts");
        Assert.Equal((3L, 2L, 1L), (counts.GetProperty("opened").GetInt64(), counts.GetProperty("openedHuman").GetInt64(), counts.GetProperty("openedUnique").GetInt64()));
        Assert.Equal(25, body.GetProperty("rates").GetProperty("bounceRate").GetDouble());
        Assert.Equal(["example.com", "example.org"], body.GetProperty("groups").EnumerateArray().Select(group => group.GetProperty("group").GetString()));
    }

    [Fact]
    public async Task A_series_has_a_point_for_every_hour()
    {
        var (_, body) = await _api.GetAsync("/v1/analytics/series?interval=hour&from=2030-05-15T10:30:00Z&domain=EXAMPLE.com");
        Assert.Equal("2030-05-15T10:00:00.000Z", body.GetProperty("from").GetString());
        var points = body.GetProperty("series")[0].GetProperty("points").EnumerateArray().ToList();
        Assert.Equal(["2030-05-15T10:00:00.000Z", "2030-05-15T11:00:00.000Z", "2030-05-15T12:00:00.000Z"], points.Select(point => point.GetProperty("at").GetString()));
        Assert.Equal([0, 0, 2], points.Select(point => point.GetProperty("counts").GetProperty("delivered").GetInt64()));
    }

    [Fact]
    public async Task A_series_goes_by_tag()
    {
        var (_, body) = await _api.GetAsync("/v1/analytics/series?groupBy=tag&from=2030-05-14");
        var group = Assert.Single(body.GetProperty("series").EnumerateArray());
        Assert.Equal("a", group.GetProperty("group").GetString());
        Assert.Equal([0, 1], group.GetProperty("points").EnumerateArray().Select(point => point.GetProperty("counts").GetProperty("delivered").GetInt64()));
    }

    [Fact]
    public async Task A_key_without_the_scope_is_refused()
    {
        var (status, body) = await _api.GetAsync("/v1/analytics/totals", scope: "");
        Assert.Equal((403, "FORBIDDEN"), (status, body.GetProperty("error").GetProperty("code").GetString()));
        Assert.Equal(403, (await _api.SendAsync(HttpMethod.Post, "/v1/exports", new { kind = "series" }, scope: "read")).Status);
    }
}
