using Relay.Queue;

namespace Relay.Storage;

/// <summary>The events of the outbox that observers, a dozen, read next: as they were committed, or as one of them had them read and parsed.</summary>
/// <remarks>
/// What is held has no gaps: events are numbered in the order of their commits. It answers only when the store would not know more, so a reader gets
/// what was committed before it asked. Thread safe.
/// </remarks>
/// <param name="capacity">Events held at most; an observer further behind has the store read for it.</param>
internal sealed class RecentEvents(int capacity)
{
    private readonly Lock _gate = new();
    private readonly List<DeliveryEvent> _events = [];
    private long _after;
    private int _edition;

    // Until the first commit of this process nobody knows what the store holds.
    private long _committed = long.MaxValue;

    /// <summary>All events above <paramref name="after"/>, at most so many; empty when the store must be asked.</summary>
    /// <param name="edition">To be given to <see cref="Add"/> with what the store answers.</param>
    public IReadOnlyList<DeliveryEvent> Find(long after, int limit, out int edition)
    {
        lock (_gate)
        {
            edition = _edition;
            if (_events.Count == 0 || after < _after || after >= _events[^1].Sequence)
            {
                return [];
            }

            var first = FirstAbove(after);
            if (_events.Count - first < limit && _events[^1].Sequence < _committed)
            {
                return [];
            }

            return _events.GetRange(first, Math.Min(limit, _events.Count - first));
        }
    }

    /// <summary>The store now has these, too, and none above them.</summary>
    public void Committed(IReadOnlyList<DeliveryEvent> added)
    {
        lock (_gate)
        {
            // Observers that are far behind are better served by what the first of them reads.
            var isNext = _committed == (_events.Count == 0 ? _after : _events[^1].Sequence);
            _committed = added[^1].Sequence;
            if (isNext && _events.Count + added.Count <= capacity)
            {
                _events.AddRange(added);
            }
        }
    }

    /// <summary>The store answered: all events above <paramref name="after"/> up to the last of these.</summary>
    public void Add(long after, IReadOnlyList<DeliveryEvent> read, int edition)
    {
        lock (_gate)
        {
            if (read.Count == 0 || edition != _edition || (_events.Count > 0 && after < _after))
            {
                return;
            }

            if (_events.Count == 0 || after > _events[^1].Sequence)
            {
                _events.Clear();
                _after = after;
            }

            var last = _events.Count == 0 ? after : _events[^1].Sequence;
            _events.AddRange(read.Where(added => added.Sequence > last));
            Drop(_events.Count - capacity);
        }
    }

    /// <summary>They are gone from the store.</summary>
    public void Prune(long through)
    {
        lock (_gate)
        {
            // Who reads at this moment may still see them.
            _edition++;
            Drop(_events.Count == 0 || through < _events[0].Sequence ? 0 : FirstAbove(through));
        }
    }

    /// <summary>They were changed in the store.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            _edition++;
            _events.Clear();
        }
    }

    private void Drop(int count)
    {
        if (count > 0)
        {
            _after = _events[count - 1].Sequence;
            _events.RemoveRange(0, count);
        }
    }

    private int FirstAbove(long sequence)
    {
        var (low, high) = (0, _events.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _events[middle].Sequence > sequence ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
