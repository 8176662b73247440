namespace Relay.Tests.Support;

/// <summary>The system's clock with another date, which a test moves on; timers and durations are real. Thread safe.</summary>
/// <param name="offset">Added to the system's date at first.</param>
public sealed class ShiftedTimeProvider(TimeSpan offset) : TimeProvider
{
    private long _offsetTicks = offset.Ticks;

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + TimeSpan.FromTicks(Volatile.Read(ref _offsetTicks));

    /// <summary>It is later at once; no timer fires by it.</summary>
    public void Advance(TimeSpan time) => Interlocked.Add(ref _offsetTicks, time.Ticks);
}
