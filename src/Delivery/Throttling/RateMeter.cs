using Relay.Queue;

namespace Relay.Delivery;

/// <summary>A token bucket that lets at most the rate's count through in any period of its length. Not thread safe.</summary>
/// <remarks>
/// A bucket of b tokens filled every interval I passes at most b + (ceil(P / I) - 1) in a half-open window P. With
/// I = P / (n - b + 1) that is n, wherever the window lies. b is a twentieth of n: enough to forgive late timers, too little for a burst.
/// </remarks>
internal sealed class RateMeter
{
    private TokenRate _rate;
    private TokenBucket _bucket;

    public RateMeter(MessageRate rate) => Change(rate);

    /// <summary>Another rate from now on; tokens already taken stay taken.</summary>
    public void Change(MessageRate rate)
    {
        var burst = Math.Max(1, rate.Count / 20);
        _rate = TokenRate.Of(rate.Count - burst + 1, rate.Period) with { Burst = burst };
    }

    /// <summary>In ticks: when the bucket is full again. For <see cref="Restore"/> by a later process.</summary>
    public long FullAt => _bucket.FullAt;

    public bool IsFull(DateTimeOffset now) => _bucket.IsFull(now);

    /// <summary>Goes on where an earlier process stopped; never further ahead than one period.</summary>
    /// <param name="ahead">Tokens perhaps taken since, until <paramref name="aheadAt"/>.</param>
    public void Restore(long fullAt, DateTimeOffset now, int ahead, DateTimeOffset aheadAt)
    {
        var earlier = new TokenBucket(fullAt);
        earlier = ahead > 0 ? earlier.Spend(_rate, aheadAt, ahead) : earlier;
        earlier = earlier.Within(_rate, now, ahead);
        _bucket = earlier.FullAt > FullAt ? earlier : _bucket;
    }

    /// <summary>Takes one token, or returns false and changes nothing.</summary>
    public bool TryTake(DateTimeOffset now)
    {
        _bucket = _bucket.Take(_rate, now, out var isTaken);
        return isTaken;
    }

    /// <summary>When the next token can be taken: now or later.</summary>
    public DateTimeOffset NextAt(DateTimeOffset now) => _bucket.NextAt(_rate, now);

    /// <summary>Tokens that can be taken up to and including <paramref name="until"/>.</summary>
    public int AvailableBy(DateTimeOffset now, DateTimeOffset until) => _bucket.AvailableBy(_rate, now, until);
}
