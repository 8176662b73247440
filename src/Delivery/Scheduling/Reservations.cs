namespace Relay.Delivery;

/// <summary>Room promised to messages that are being accepted, by queue key. Guarded by the dispatcher's lock.</summary>
internal sealed class Reservations
{
    private readonly Dictionary<string, List<Reservation>> _byKey = new(StringComparer.Ordinal);

    public void Add(string queueKey, Reservation reservation)
    {
        if (!_byKey.TryGetValue(queueKey, out var waiting))
        {
            _byKey[queueKey] = waiting = [];
        }

        waiting.Add(reservation);
    }

    /// <summary>Takes out one of this key: that of this size where there is one, for their sum is what counts.</summary>
    /// <exception cref="InvalidOperationException">Nothing is reserved for the key.</exception>
    public Reservation Take(string queueKey, long bytes)
    {
        if (!_byKey.TryGetValue(queueKey, out var waiting))
        {
            throw new InvalidOperationException("a task was dispatched without a reservation");
        }

        var index = Math.Max(0, waiting.FindIndex(reservation => reservation.Bytes == bytes));
        var taken = waiting[index];
        waiting.RemoveAt(index);
        if (waiting.Count == 0)
        {
            _byKey.Remove(queueKey);
        }

        return taken;
    }
}

/// <param name="Bytes">Content that will be held in memory.</param>
internal readonly record struct Reservation(SiteQueue Queue, Route Route, long Bytes);
