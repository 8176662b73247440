namespace Relay.Platform;

/// <summary>Memory that requests hold, all together: bodies and what is composed of them. Thread safe.</summary>
public sealed class BodyBudget(PlatformOptions options)
{
    /// <summary>When to try again; requests are answered in less.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    private long _used;

    public long UsedBytes => Volatile.Read(ref _used);

    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= options.MaxBodyBytesInFlight)
        {
            return true;
        }

        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
