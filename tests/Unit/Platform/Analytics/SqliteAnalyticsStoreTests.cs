using Relay.Platform.Analytics;
using Relay.Queue;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class SqliteAnalyticsStoreTests : IAsyncLifetime
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());
    private IAnalyticsStore _store = null!;

    public async Task InitializeAsync() => _store = (await _stores.OpenAsync()).Analytics;

    public Task DisposeAsync() => _stores.DeleteAsync();

    [Fact]
    public async Task Events_add_up_in_hours_and_days()
    {
        await AddAsync(
            Counted.Event(1, DeliveryEventKind.Delivered),
            Counted.Event(2, DeliveryEventKind.Delivered, at: Counted.Noon.AddMinutes(59)),
            Counted.Event(3, DeliveryEventKind.Bounced, at: Counted.Noon.AddHours(1), bounce: "bad-mailbox"),
            Counted.Event(4, DeliveryEventKind.Deferred, at: Counted.Noon.AddHours(12)));

        var hours = await _store.ReadAsync(Counted.Query(CountSpan.Hour) with { IsByTime = true }, CancellationToken.None);
        Assert.Equal([Counted.Noon, Counted.Noon.AddHours(1), Counted.Noon.AddHours(12)], hours.Select(row => row.At!.Value));
        Assert.Equal([2, 1, 0], hours.Select(row => row.Counts[Counter.Sent]));

        var days = await _store.ReadAsync(Counted.Query() with { IsByTime = true }, CancellationToken.None);
        Assert.Equal([Counted.Noon.AddHours(-12), Counted.Noon.AddHours(12)], days.Select(row => row.At!.Value));
        Assert.Equal((3L, 2L, 1L), (days[0].Counts[Counter.Sent], days[0].Counts[Counter.Delivered], days[0].Counts[Counter.BouncedHard]));
        Assert.Equal(1, days[1].Counts[Counter.Deferred]);
    }

    [Fact]
    public async Task The_same_events_count_once_also_after_a_restart()
    {
        var events = new[] { Counted.Event(5, DeliveryEventKind.Delivered), Counted.Event(6, DeliveryEventKind.Opened, isMachine: false) };
        await AddAsync(events);
        await AddAsync(events);
        _store = (await _stores.ReopenAsync()).Analytics;
        Assert.Equal(6, await _store.CursorAsync(CancellationToken.None));
        await AddAsync([.. events, Counted.Event(7, DeliveryEventKind.Opened, isMachine: false)]);
        var total = await TotalAsync(Counted.Query());
        Assert.Equal((1L, 2L, 1L), (total[Counter.Delivered], total[Counter.Opened], total[Counter.OpenedUnique]));
    }

    [Fact]
    public async Task The_first_open_and_click_of_a_copy_by_a_person_are_unique()
    {
        var other = QueueId.New(Counted.Noon);
        await AddAsync(
            Counted.Event(1, DeliveryEventKind.Opened, isMachine: true),
            Counted.Event(2, DeliveryEventKind.Opened, isMachine: false),
            Counted.Event(3, DeliveryEventKind.Opened, isMachine: false, recipient: "Person@Example.NET"),
            Counted.Event(4, DeliveryEventKind.Opened, isMachine: false, recipient: "other@example.net"),
            Counted.Event(5, DeliveryEventKind.Opened, isMachine: false, message: other),
            Counted.Event(6, DeliveryEventKind.Clicked, isMachine: false),
            Counted.Event(7, DeliveryEventKind.Clicked, isMachine: false));
        var total = await TotalAsync(Counted.Query());
        Assert.Equal((5L, 4L, 3L), (total[Counter.Opened], total[Counter.OpenedHuman], total[Counter.OpenedUnique]));
        Assert.Equal((2L, 2L, 1L), (total[Counter.Clicked], total[Counter.ClickedHuman], total[Counter.ClickedUnique]));
    }

    [Fact]
    public async Task Mail_with_several_tags_counts_once_in_the_sum_and_once_under_each_tag()
    {
        await AddAsync(
            Counted.Event(1, DeliveryEventKind.Delivered, tags: ["welcome", "de"]),
            Counted.Event(2, DeliveryEventKind.Delivered, tags: ["welcome"]),
            Counted.Event(3, DeliveryEventKind.Delivered));
        Assert.Equal(3, (await TotalAsync(Counted.Query()))[Counter.Delivered]);
        Assert.Equal(1, (await TotalAsync(Counted.Query() with { Tag = "de" }))[Counter.Delivered]);
        var tags = await _store.ReadAsync(Counted.Query() with { GroupBy = CountGroup.Tag }, CancellationToken.None);
        Assert.Equal([("welcome", 2L), ("de", 1L)], tags.Select(row => (row.Group!, row.Counts[Counter.Delivered])));
    }

    [Fact]
    public async Task Counts_are_told_apart_by_account_domain_and_stream()
    {
        await AddAsync(
            Counted.Event(1, DeliveryEventKind.Delivered),
            Counted.Event(2, DeliveryEventKind.Delivered, domain: "example.org", stream: MailStream.Broadcast),
            Counted.Event(3, DeliveryEventKind.Delivered, account: 2));
        Assert.Equal(2, (await TotalAsync(Counted.Query()))[Counter.Delivered]);
        Assert.Equal(1, (await TotalAsync(Counted.Query(account: 2)))[Counter.Delivered]);
        Assert.Equal(1, (await TotalAsync(Counted.Query() with { Domain = "example.org" }))[Counter.Delivered]);
        Assert.Equal(1, (await TotalAsync(Counted.Query() with { Stream = MailStream.Broadcast }))[Counter.Delivered]);
        Assert.Empty(await _store.ReadAsync(Counted.Query(account: 3), CancellationToken.None));
        var streams = await _store.ReadAsync(Counted.Query() with { GroupBy = CountGroup.Stream }, CancellationToken.None);
        Assert.Equal(["broadcast", "transactional"], streams.Select(row => row.Group!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_flood_of_names_does_not_make_a_flood_of_rows()
    {
        await AddAsync([.. Enumerable.Range(1, CountSheet.MaxNames + 50).Select(i =>
            Counted.Event(i, DeliveryEventKind.Delivered, domain: $"d{i}.example.com", tags: [$"order-{i}"]))]);
        var tags = await _store.ReadAsync(Counted.Query() with { GroupBy = CountGroup.Tag }, CancellationToken.None);
        var domains = await _store.ReadAsync(Counted.Query() with { GroupBy = CountGroup.Domain }, CancellationToken.None);
        Assert.Equal(CountSheet.MaxNames, tags.Count);
        Assert.Equal(CountSheet.MaxNames + 1, domains.Count);
        Assert.Equal(("", 50L), (domains[0].Group, domains[0].Counts[Counter.Delivered]));
        Assert.Equal(CountSheet.MaxNames + 50, (await TotalAsync(Counted.Query()))[Counter.Delivered]);
    }

    [Fact]
    public async Task Old_counts_go_and_younger_ones_stay()
    {
        await AddAsync(
            Counted.Event(1, DeliveryEventKind.Opened, isMachine: false),
            Counted.Event(2, DeliveryEventKind.Delivered, at: Counted.Noon.AddDays(1)));
        await _store.PruneAsync(Counted.Noon.AddDays(2), Counted.Noon, Counted.Noon, CancellationToken.None);
        Assert.Empty(await _store.ReadAsync(Counted.Query(CountSpan.Hour), CancellationToken.None));
        var total = await TotalAsync(Counted.Query());
        Assert.Equal((0L, 1L), (total[Counter.Opened], total[Counter.Delivered]));

        // The first open is forgotten, too.
        await AddAsync(Counted.Event(3, DeliveryEventKind.Opened, isMachine: false));
        Assert.Equal(1, (await TotalAsync(Counted.Query()))[Counter.OpenedUnique]);
    }

    private async Task<Counts> TotalAsync(CountQuery query) => Assert.Single(await _store.ReadAsync(query, CancellationToken.None)).Counts;

    private ValueTask AddAsync(params CountedEvent[] events) => _store.AddAsync(events, events[^1].Sequence, CancellationToken.None);
}
