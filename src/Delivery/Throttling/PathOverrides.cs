namespace Relay.Delivery;

/// <summary>The overrides in force on one path, each with the meter of its own rate. Guarded by the dispatcher's lock.</summary>
internal sealed class PathOverrides
{
    private readonly List<Entry> _entries = [];

    public bool IsEmpty => _entries.Count == 0;

    public IReadOnlyList<LimitOverride> Active(DateTimeOffset now)
    {
        Expire(now);
        return [.. _entries.Select(e => e.Change)];
    }

    /// <summary>A changed rate goes on with the tokens of the one before, so that changing it often lets nothing more through.</summary>
    public void Set(LimitOverride change)
    {
        var known = _entries.Find(e => e.Change.Name == change.Name);
        Remove(change.Name);
        var meter = change.MessageRate is null ? null : known?.Meter ?? new RateMeter(change.MessageRate);
        if (change.MessageRate is { } rate)
        {
            meter!.Change(rate);
        }

        _entries.Add(new Entry(change, meter));
    }

    public bool Remove(string name) => _entries.RemoveAll(e => e.Change.Name == name) > 0;

    /// <summary>The suspension that lasts longest; null when nothing suspends the path.</summary>
    public LimitOverride? Suspension(DateTimeOffset now)
    {
        LimitOverride? longest = null;
        foreach (var entry in _entries)
        {
            if (entry.Change.IsSuspension && entry.Change.Until > now && (longest is null || entry.Change.Until > longest.Until))
            {
                longest = entry.Change;
            }
        }

        return longest;
    }

    /// <summary>The lowest of the limits on connections; <see cref="int.MaxValue"/> when there is none.</summary>
    public int MaxConnections(DateTimeOffset now)
    {
        var lowest = int.MaxValue;
        foreach (var entry in _entries)
        {
            if (entry.Change.MaxConnections is { } max && max < lowest && entry.Change.Until > now)
            {
                lowest = Math.Max(1, max);
            }
        }

        return lowest;
    }

    /// <summary>When every rate has a token: now or later.</summary>
    public DateTimeOffset NextAt(DateTimeOffset now)
    {
        var next = now;
        foreach (var entry in _entries)
        {
            if (entry.Meter is { } meter && entry.Change.Until > now)
            {
                var its = Earlier(meter.NextAt(now), entry.Change.Until);
                next = its > next ? its : next;
            }
        }

        return next;
    }

    /// <summary>Tokens that every rate has up to <paramref name="until"/>.</summary>
    public int AvailableBy(DateTimeOffset now, DateTimeOffset until)
    {
        var lowest = int.MaxValue;
        foreach (var entry in _entries)
        {
            if (entry.Meter is { } meter && entry.Change.Until > until)
            {
                lowest = Math.Min(lowest, meter.AvailableBy(now, until));
            }
        }

        return lowest;
    }

    /// <summary>Takes a token of every rate; to be called when <see cref="NextAt"/> says now.</summary>
    public void Take(DateTimeOffset now)
    {
        foreach (var entry in _entries)
        {
            if (entry.Change.Until > now)
            {
                entry.Meter?.TryTake(now);
            }
        }
    }

    /// <summary>Drops what is over; true when nothing is left.</summary>
    public bool Expire(DateTimeOffset now)
    {
        _entries.RemoveAll(e => e.Change.Until <= now);
        return _entries.Count == 0;
    }

    private static DateTimeOffset Earlier(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    private sealed record Entry(LimitOverride Change, RateMeter? Meter);
}
