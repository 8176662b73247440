using Relay.Delivery;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>A complaint is counted to the path that delivered the mail, whoever told of it.</summary>
public sealed class WarmupComplaintsTests
{
    private static readonly WarmupOptions Plan = new() { Name = "new", Source = "b", Days = [1000] };

    private readonly DeliveryKit _kit = new(new DeliveryOptions
    {
        Hostname = "relay.example.org",
        Sources = new Dictionary<string, EgressSourceOptions> { ["a"] = new(), ["b"] = new() },
        Warmup = [Plan],
    });

    private readonly MemoryWarmupStore _store = new();
    private readonly KnownEvents _events = new();
    private readonly WarmupGate _gate;
    private readonly WarmupComplaints _complaints;

    public WarmupComplaintsTests()
    {
        _gate = new WarmupGate(_kit.Options, _kit.Clock);
        _complaints = new WarmupComplaints(_gate, _store, _events);
    }

    [Fact]
    public async Task Counts_to_the_path_that_delivered_and_remembers_how_far_it_read()
    {
        var id = Delivered("x@example.com", "google", "b");

        await _complaints.ObserveAsync([Event(5, DeliveryEventKind.Delivered, id, "x@example.com"), Event(6, DeliveryEventKind.Complained, id, "X@example.com"), Event(7, DeliveryEventKind.Opened, id, "x@example.com")], CancellationToken.None);

        var progress = Assert.Single(await _store.LoadAsync(CancellationToken.None));
        Assert.Equal(("new", "google", 1), (progress.Plan, progress.Site, progress.Complaints));
        Assert.Equal(7, await _complaints.CursorAsync(CancellationToken.None));
    }

    [Fact]
    public async Task Enough_of_them_let_the_plan_rest()
    {
        _gate.Count(new PathKey("google", "b"), new WarmupCounts(100, 0, 0, 0));
        var batch = Enumerable.Range(0, 2).Select(i => Event(i + 1, DeliveryEventKind.Complained, Delivered($"u{i}@example.com", "google", "b"), $"u{i}@example.com")).ToList();

        await _complaints.ObserveAsync(batch, CancellationToken.None);

        Assert.Equal("2 complaints about 100 delivered", Assert.Single(await _store.LoadAsync(CancellationToken.None)).PauseReason);
        Assert.False(_gate.TryTake(new PathKey("google", "b"), _kit.Clock.Now));
        Assert.True(_gate.TryTake(new PathKey("yahoo", "b"), _kit.Clock.Now));
    }

    [Fact]
    public async Task Counts_nothing_for_warm_sources_for_other_events_and_for_mail_nobody_knows_any_more()
    {
        var warm = Delivered("w@example.com", "google", "a");

        await _complaints.ObserveAsync(
            [
                Event(1, DeliveryEventKind.Complained, warm, "w@example.com"),
                Event(2, DeliveryEventKind.Complained, QueueId.New(_kit.Clock.Now), "gone@example.com"),
                Event(3, DeliveryEventKind.Bounced, Delivered("b@example.com", "google", "b"), "b@example.com"),
            ],
            CancellationToken.None);

        Assert.Empty(await _store.LoadAsync(CancellationToken.None));
        Assert.Equal(3, await _complaints.CursorAsync(CancellationToken.None));
    }

    private QueueId Delivered(string recipient, string site, string source)
    {
        var id = QueueId.New(_kit.Clock.Now);
        _events.Events.Add(Event(0, DeliveryEventKind.Delivered, id, recipient) with { Site = site, Source = source });
        return id;
    }

    private DeliveryEvent Event(long sequence, DeliveryEventKind kind, QueueId id, string recipient) =>
        new() { Sequence = sequence, Kind = kind, At = _kit.Clock.Now, MessageId = id, Recipient = recipient };

    private sealed class KnownEvents : IEventStore
    {
        public List<DeliveryEvent> Events { get; } = [];

        public ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(EventFilter filter, CancellationToken cancellationToken) => ValueTask.FromResult<IReadOnlyList<DeliveryEvent>>(
        [
            .. Events.Where(e => e.MessageId == filter.MessageId
                && string.Equals(e.Recipient, filter.Recipient, StringComparison.OrdinalIgnoreCase)
                && filter.Kinds?.Contains(e.Kind) != false),
        ]);

        public ValueTask ApplyRetentionAsync(TimeSpan events, TimeSpan conversations, CancellationToken cancellationToken) => ValueTask.CompletedTask;
    }
}
