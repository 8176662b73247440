using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Lanes with due work, bounded, each once; taken in the order in which they became due, so that all get their turn. Thread safe.</summary>
/// <remarks>
/// A lane is out while it is visited and comes back behind all others that are due by then: a lane with 100,000 recipients delays
/// another one by at most one batch. Lanes beyond the bound are found again by the periodic look at the store's summary.
/// </remarks>
internal sealed class DueLanes(int capacity, TimeProvider time)
{
    private static readonly IComparer<(DateTimeOffset Due, long Order, QueueLane Lane)> ByDue =
        Comparer<(DateTimeOffset Due, long Order, QueueLane Lane)>.Create(static (a, b) =>
            a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Order.CompareTo(b.Order));

    private readonly Lock _gate = new();
    private readonly Dictionary<QueueLane, (DateTimeOffset Due, long Order, QueueLane Lane)> _byLane = [];
    private readonly SortedSet<(DateTimeOffset Due, long Order, QueueLane Lane)> _byDue = new(ByDue);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _order;
    private bool _hasOverflowed;

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _byLane.Count;
            }
        }
    }

    /// <summary>The lane has work at this instant. Of several instants the earliest counts; the past means now.</summary>
    /// <returns>False when there is no room for it.</returns>
    public bool Note(QueueLane lane, DateTimeOffset due)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var effective = due < now ? now : due;
            if (_byLane.TryGetValue(lane, out var known))
            {
                if (known.Due <= effective)
                {
                    return true;
                }

                _byDue.Remove(known);
            }
            else if (_byLane.Count >= capacity)
            {
                _hasOverflowed = true;
                return false;
            }

            var entry = (effective, _order++, lane);
            _byLane[lane] = entry;
            _byDue.Add(entry);
            _changed.TrySetResult();
            return true;
        }
    }

    /// <summary>Takes out the lane that has been due for longest.</summary>
    public bool TryTake(out QueueLane lane)
    {
        lock (_gate)
        {
            lane = default;
            if (_byDue.Count == 0 || _byDue.Min.Due > time.GetUtcNow())
            {
                return false;
            }

            var first = _byDue.Min;
            _byDue.Remove(first);
            _byLane.Remove(first.Lane);
            lane = first.Lane;
            return true;
        }
    }

    /// <summary>True once after lanes were dropped and room is there again.</summary>
    public bool TakeOverflow()
    {
        lock (_gate)
        {
            if (!_hasOverflowed || _byLane.Count > capacity / 2)
            {
                return false;
            }

            _hasOverflowed = false;
            return true;
        }
    }

    /// <summary>Returns when a lane may be due, or after <paramref name="longest"/>.</summary>
    public async Task WaitAsync(TimeSpan longest, CancellationToken cancellationToken)
    {
        TimeSpan wait;
        Task changed;
        lock (_gate)
        {
            var next = _byDue.Count == 0 ? longest : _byDue.Min.Due - time.GetUtcNow();
            wait = next < longest ? next : longest;
            if (wait <= TimeSpan.Zero)
            {
                return;
            }

            if (_changed.Task.IsCompleted)
            {
                _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            changed = _changed.Task;
        }

        try
        {
            await changed.WaitAsync(wait, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // The time is over: look again.
        }
    }
}
