using System.Globalization;

namespace Relay.Delivery;

/// <summary>At most so much in any window of the period's length, at whatever pace. Not thread safe.</summary>
/// <remarks>
/// Counts stand in 60 slots of the period and one more: what lies partly in the window counts wholly, so that the budget is never
/// exceeded, wherever the window lies, and comes back a sixtieth of the period late at most. An amount larger than the whole budget
/// passes when nothing else counts; else it would never go.
/// </remarks>
internal sealed class SlidingBudget(long limit, TimeSpan period)
{
    private const int Parts = 60;

    private readonly long _width = (period.Ticks + Parts - 1) / Parts;
    private readonly long[] _counts = new long[Parts + 1];
    private long _limit = limit;
    private long _newest = long.MinValue;
    private long _sum;

    public TimeSpan Period => period;

    /// <summary>Another limit of the same period; what was counted counts on.</summary>
    public void Change(long limit) => _limit = limit;

    public bool IsUntouched(DateTimeOffset now)
    {
        Advance(now);
        return _sum == 0;
    }

    public long Available(DateTimeOffset now)
    {
        Advance(now);
        return Math.Max(0, _limit - _sum);
    }

    public bool CanTake(DateTimeOffset now, long amount)
    {
        Advance(now);
        return _sum == 0 || _sum + amount <= _limit;
    }

    public void Take(DateTimeOffset now, long amount)
    {
        Advance(now);
        _counts[IndexOf(_newest)] += amount;
        _sum += amount;
    }

    /// <summary>Counts what was perhaps taken until an earlier instant, as if all of it was taken then.</summary>
    public void Add(DateTimeOffset at, DateTimeOffset now, long amount)
    {
        Advance(now);
        var slot = Math.Min(at.UtcTicks / _width, _newest);
        if (slot >= _newest - Parts)
        {
            _counts[IndexOf(slot)] += amount;
            _sum += amount;
        }
    }

    /// <summary>When so much may be taken: now or later.</summary>
    public DateTimeOffset NextAt(DateTimeOffset now, long amount)
    {
        Advance(now);
        var left = _sum;
        for (var slot = _newest - Parts; slot <= _newest && left > 0 && left + amount > _limit; slot++)
        {
            var count = _counts[IndexOf(slot)];
            left -= count;
            if (count > 0 && (left <= 0 || left + amount <= _limit))
            {
                return new DateTimeOffset((slot + Parts + 1) * _width, TimeSpan.Zero);
            }
        }

        return now;
    }

    /// <summary>The counts as text, for <see cref="Restore"/> by a later process.</summary>
    public string Save() => _newest == long.MinValue ? string.Empty : string.Join(',', Enumerable.Range(0, Parts + 1)
        .Select(back => _newest - back)
        .Where(slot => _counts[IndexOf(slot)] > 0)
        .Select(slot => string.Create(CultureInfo.InvariantCulture, $"{slot}:{_counts[IndexOf(slot)]}")));

    /// <summary>Adds what was counted before; nonsense and what is over count for nothing.</summary>
    public void Restore(string text, DateTimeOffset now)
    {
        Advance(now);
        foreach (var part in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = part.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0
                && long.TryParse(part.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var slot)
                && long.TryParse(part.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                && slot >= _newest - Parts)
            {
                // A clock that was ahead before counts as now.
                _counts[IndexOf(Math.Min(slot, _newest))] += count;
                _sum += count;
            }
        }
    }

    private void Advance(DateTimeOffset now)
    {
        var slot = now.UtcTicks / _width;
        if (slot <= _newest)
        {
            return;
        }

        if (_newest == long.MinValue || slot - _newest > Parts)
        {
            Array.Clear(_counts);
            _sum = 0;
        }
        else
        {
            for (var passed = _newest + 1; passed <= slot; passed++)
            {
                _sum -= _counts[IndexOf(passed)];
                _counts[IndexOf(passed)] = 0;
            }
        }

        _newest = slot;
    }

    private static int IndexOf(long slot) => (int)(((slot % (Parts + 1)) + Parts + 1) % (Parts + 1));
}
