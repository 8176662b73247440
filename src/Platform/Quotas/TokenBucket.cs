namespace Relay.Platform.Quotas;

/// <summary>Fills at the limit's rate up to one second's worth; each request takes one token.</summary>
/// <param name="Tokens">At <paramref name="Timestamp"/>.</param>
/// <param name="Timestamp">Of the clock.</param>
/// <param name="IsUsed">False for a bucket never used, which is full.</param>
public readonly record struct TokenBucket(double Tokens, long Timestamp, bool IsUsed)
{
    /// <summary>Takes a token if there is one; the bucket comes back filled up to now either way.</summary>
    public TokenBucket Take(int limit, TimeProvider time, out bool isTaken)
    {
        var now = time.GetTimestamp();
        var tokens = !IsUsed ? limit : Math.Min(limit, Tokens + (time.GetElapsedTime(Timestamp, now).TotalSeconds * limit));
        isTaken = tokens >= 1;
        return new TokenBucket(isTaken ? tokens - 1 : tokens, now, IsUsed: true);
    }
}
