using System.Collections.Concurrent;
using System.Threading.Channels;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Hands events to those who watch now. Bounded: a watcher who is too slow loses the oldest and is told so.</summary>
public sealed class EventFeed : IEventFollower
{
    /// <summary>Streams open at a time.</summary>
    public const int MaxWatchers = 32;

    private const int Backlog = 1_000;

    private readonly ConcurrentDictionary<Watcher, bool> _watchers = new();
    private long _last;

    /// <summary>Null when <see cref="MaxWatchers"/> watch already. Dispose it to end.</summary>
    internal Watcher? Watch(Func<DeliveryEvent, bool> isWanted)
    {
        if (_watchers.Count >= MaxWatchers)
        {
            return null;
        }

        var watcher = new Watcher(this, isWanted);
        _watchers[watcher] = true;
        return watcher;
    }

    public ValueTask FollowAsync(IReadOnlyList<DeliveryEvent> events)
    {
        Publish(events);
        return ValueTask.CompletedTask;
    }

    internal int WatcherCount => _watchers.Count;

    /// <summary>Events in order; what was published before is left out, since observers see events at least once.</summary>
    internal void Publish(IReadOnlyList<DeliveryEvent> events)
    {
        foreach (var item in events)
        {
            if (item.Sequence <= _last)
            {
                continue;
            }

            _last = item.Sequence;
            foreach (var watcher in _watchers.Keys)
            {
                watcher.Offer(item);
            }
        }
    }

    /// <summary>One who watches.</summary>
    internal sealed class Watcher : IDisposable
    {
        private readonly EventFeed _feed;
        private readonly Func<DeliveryEvent, bool> _isWanted;
        private readonly Channel<DeliveryEvent> _waiting;
        private long _lost;

        internal Watcher(EventFeed feed, Func<DeliveryEvent, bool> isWanted)
        {
            _feed = feed;
            _isWanted = isWanted;
            _waiting = Channel.CreateBounded<DeliveryEvent>(
                new BoundedChannelOptions(Backlog) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }, _ => Interlocked.Increment(ref _lost));
        }

        public ChannelReader<DeliveryEvent> Events => _waiting.Reader;

        /// <summary>Events dropped since the last call.</summary>
        public long TakeLost() => Interlocked.Exchange(ref _lost, 0);

        public void Dispose() => _feed._watchers.TryRemove(this, out _);

        internal void Offer(DeliveryEvent item)
        {
            if (_isWanted(item))
            {
                _waiting.Writer.TryWrite(item);
            }
        }
    }
}
