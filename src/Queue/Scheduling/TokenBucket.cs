namespace Relay.Queue;

/// <summary>How many tokens a bucket holds, and how long each takes to come back.</summary>
public readonly record struct TokenRate(int Burst, TimeSpan Interval)
{
    /// <summary>So many in a period: all of them at once after a rest, then evenly.</summary>
    public static TokenRate Of(int count, TimeSpan period) => new(count, new TimeSpan((period.Ticks + count - 1) / count));

    // How far ahead of now the bucket may be full while one token is left in it.
    internal long Tolerance => (Burst - 1) * Interval.Ticks;
}

/// <summary>A token bucket as one number, by virtual scheduling: the instant at which it would be full again.</summary>
/// <remarks>
/// In any stretch of time no more tokens are taken than the burst and what the stretch brings back. Whole ticks: nothing is lost to
/// rounding however often it is asked. A value; who keeps it sees to threads. The default is full.
/// </remarks>
/// <param name="FullAt">Ticks of UTC.</param>
public readonly record struct TokenBucket(long FullAt)
{
    public bool IsFull(DateTimeOffset now) => FullAt <= now.UtcTicks;

    /// <summary>When the next token can be taken: now or later.</summary>
    public DateTimeOffset NextAt(TokenRate rate, DateTimeOffset now) => new(Math.Max(now.UtcTicks, FullAt - rate.Tolerance), TimeSpan.Zero);

    /// <summary>Takes a token if there is one.</summary>
    public TokenBucket Take(TokenRate rate, DateTimeOffset now, out bool isTaken)
    {
        isTaken = NextAt(rate, now) <= now;
        return isTaken ? Spend(rate, now, 1) : this;
    }

    /// <summary>Takes tokens whether they are there or not.</summary>
    public TokenBucket Spend(TokenRate rate, DateTimeOffset now, int tokens) => new(Math.Max(now.UtcTicks, FullAt) + (tokens * rate.Interval.Ticks));

    /// <summary>The bucket with a bounded debt: whatever the rate was before, and wherever the clock has been set, it fills from now on.</summary>
    /// <param name="debt">Tokens that may be missing beyond all.</param>
    public TokenBucket Within(TokenRate rate, DateTimeOffset now, int debt = 0) => new(Math.Min(FullAt, now.UtcTicks + ((rate.Burst + debt) * rate.Interval.Ticks)));

    /// <summary>Tokens that can be taken up to and including <paramref name="until"/>.</summary>
    public int AvailableBy(TokenRate rate, DateTimeOffset now, DateTimeOffset until)
    {
        var room = until.UtcTicks + rate.Tolerance - Math.Max(now.UtcTicks, FullAt);
        return room < 0 ? 0 : (int)Math.Min(int.MaxValue, (room / rate.Interval.Ticks) + 1);
    }
}
