using Relay.Admin;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class EventFeedTests
{
    private readonly EventFeed _feed = new();

    [Fact]
    public void Hands_out_what_is_wanted_once_and_in_order()
    {
        using var watcher = _feed.Watch(item => item.Kind == DeliveryEventKind.Delivered)!;

        _feed.Publish([Event(1), Event(2, DeliveryEventKind.Deferred), Event(3)]);
        _feed.Publish([Event(2), Event(3), Event(4)]);

        Assert.Equal([1L, 3L, 4L], Read(watcher));
    }

    [Fact]
    public void Drops_the_oldest_of_a_slow_watcher_and_counts_them()
    {
        using var watcher = _feed.Watch(_ => true)!;

        _feed.Publish([.. Enumerable.Range(1, 1_010).Select(i => Event(i))]);

        Assert.Equal(10, watcher.TakeLost());
        Assert.Equal(0, watcher.TakeLost());
        Assert.Equal(11L, Read(watcher)[0]);
    }

    [Fact]
    public void Bounds_the_watchers()
    {
        var watchers = Enumerable.Range(0, EventFeed.MaxWatchers).Select(_ => _feed.Watch(_ => true)!).ToList();
        Assert.Null(_feed.Watch(_ => true));

        watchers[0].Dispose();

        using var another = _feed.Watch(_ => true);
        Assert.NotNull(another);
        watchers.ForEach(watcher => watcher.Dispose());
    }

    [Fact]
    public async Task Publishes_only_what_the_history_has()
    {
        var history = new RecordingHistory();
        using var watcher = _feed.Watch(_ => true)!;
        var observer = new FeedingObserver(history, [_feed]);

        history.Fails = true;
        await Assert.ThrowsAsync<IOException>(async () => await observer.ObserveAsync([Event(1)], CancellationToken.None));
        Assert.Empty(Read(watcher));

        history.Fails = false;
        await observer.ObserveAsync([Event(1)], CancellationToken.None);
        Assert.Equal([1L], Read(watcher));
    }

    private static List<long> Read(EventFeed.Watcher watcher)
    {
        var read = new List<long>();
        while (watcher.Events.TryRead(out var item))
        {
            read.Add(item.Sequence);
        }

        return read;
    }

    private static DeliveryEvent Event(long sequence, DeliveryEventKind kind = DeliveryEventKind.Delivered) =>
        new() { Sequence = sequence, Kind = kind, At = DateTimeOffset.UnixEpoch, MessageId = QueueId.New(DateTimeOffset.UnixEpoch) };

    private sealed class RecordingHistory : IEventObserver
    {
        public bool Fails { get; set; }

        public string Name => "history";

        public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => ValueTask.FromResult(0L);

        public ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken) =>
            Fails ? throw new IOException("full") : ValueTask.CompletedTask;
    }
}
