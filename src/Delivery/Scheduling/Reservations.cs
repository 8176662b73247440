using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Room promised to messages that are being accepted, by lane. Guarded by the dispatcher's lock.</summary>
internal sealed class Reservations
{
    private readonly Dictionary<QueueLane, List<Reservation>> _byLane = [];

    public void Add(QueueLane lane, Reservation reservation)
    {
        if (!_byLane.TryGetValue(lane, out var waiting))
        {
            _byLane[lane] = waiting = [];
        }

        waiting.Add(reservation);
    }

    /// <summary>Takes out one of this lane: that of this size where there is one, for their sum is what counts.</summary>
    /// <exception cref="InvalidOperationException">Nothing is reserved for the lane.</exception>
    public Reservation Take(QueueLane lane, long bytes)
    {
        if (!_byLane.TryGetValue(lane, out var waiting))
        {
            throw new InvalidOperationException("a task was dispatched without a reservation");
        }

        var index = Math.Max(0, waiting.FindIndex(reservation => reservation.Bytes == bytes));
        var taken = waiting[index];
        waiting.RemoveAt(index);
        if (waiting.Count == 0)
        {
            _byLane.Remove(lane);
        }

        return taken;
    }
}

/// <param name="Bytes">Content that will be held in memory.</param>
internal readonly record struct Reservation(SiteQueue Queue, Route Route, Throttle[] Throttles, long Bytes);
