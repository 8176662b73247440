namespace Relay.Delivery;

/// <summary>A token bucket that lets at most the rate's count through in any period of its length. Not thread safe.</summary>
/// <remarks>
/// A bucket of b tokens filled every interval I passes at most b + (ceil(P / I) - 1) in a half-open window P. With
/// I = P / (n - b + 1) that is n, wherever the window lies. b is a twentieth of n: enough to forgive late timers, too little for a burst.
/// </remarks>
internal sealed class RateMeter
{
    private long _interval;
    private long _tolerance;

    // Virtual scheduling: the instant at which the bucket would be full again.
    private long _fullAt = long.MinValue / 2;

    public RateMeter(MessageRate rate) => Change(rate);

    /// <summary>Another rate from now on; tokens already taken stay taken.</summary>
    public void Change(MessageRate rate)
    {
        var burst = Math.Max(1, rate.Count / 20);
        var fills = rate.Count - burst + 1;
        _interval = (rate.Period.Ticks + fills - 1) / fills;
        _tolerance = (burst - 1) * _interval;
    }

    /// <summary>In ticks: when the bucket is full again. For <see cref="Restore"/> by a later process.</summary>
    public long FullAt => _fullAt;

    public bool IsFull(DateTimeOffset now) => _fullAt <= now.UtcTicks;

    /// <summary>Goes on where an earlier process stopped; never further ahead than one period.</summary>
    public void Restore(long fullAt, DateTimeOffset now) => _fullAt = Math.Max(_fullAt, Math.Min(fullAt, now.UtcTicks + _tolerance + _interval));

    /// <summary>Takes one token, or returns false and changes nothing.</summary>
    public bool TryTake(DateTimeOffset now)
    {
        if (NextAt(now) > now)
        {
            return false;
        }

        _fullAt = Math.Max(now.UtcTicks, _fullAt) + _interval;
        return true;
    }

    /// <summary>When the next token can be taken: now or later.</summary>
    public DateTimeOffset NextAt(DateTimeOffset now) => new(Math.Max(now.UtcTicks, _fullAt - _tolerance), TimeSpan.Zero);

    /// <summary>Tokens that can be taken up to and including <paramref name="until"/>.</summary>
    public int AvailableBy(DateTimeOffset now, DateTimeOffset until)
    {
        var firstFull = Math.Max(now.UtcTicks, _fullAt);
        var room = until.UtcTicks + _tolerance - firstFull;
        return room < 0 ? 0 : (int)Math.Min(int.MaxValue, (room / _interval) + 1);
    }
}
