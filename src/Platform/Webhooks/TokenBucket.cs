namespace Relay.Platform.Webhooks;

/// <summary>So many calls a period, evenly refilled; a whole period's worth at once after a rest. For one thread at a time.</summary>
internal sealed class TokenBucket
{
    private readonly double _capacity;
    private readonly TimeSpan _interval;
    private double _tokens;
    private DateTimeOffset _filledAt;

    public TokenBucket(int limit, TimeSpan period, DateTimeOffset now)
    {
        _capacity = limit;
        _interval = period / limit;
        _tokens = limit;
        _filledAt = now;
    }

    /// <summary>When the next call may be made; now, or later.</summary>
    public DateTimeOffset NextAt(DateTimeOffset now)
    {
        Fill(now);
        return _tokens >= 1 ? now : now + (_interval * (1 - _tokens));
    }

    public void Take() => _tokens--;

    private void Fill(DateTimeOffset now)
    {
        if (now > _filledAt)
        {
            _tokens = Math.Min(_capacity, _tokens + ((now - _filledAt) / _interval));
            _filledAt = now;
        }
    }
}
