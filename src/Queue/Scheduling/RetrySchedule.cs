namespace Relay.Queue;

/// <summary>When to try again: the attempt's number and the message's expiry decide, nothing else.</summary>
/// <remarks>
/// RFC 5321 §4.5.4.1 asks for at least 30 minutes between attempts and 4–5 days until giving up; shorter first steps serve
/// greylisting. A message gets one last attempt at its expiry, however long the step before it would have been.
/// </remarks>
public sealed class RetrySchedule
{
    private readonly TimeSpan[] _steps;
    private readonly double _jitter;

    /// <param name="steps">Waiting time after the first, second, … attempt; the last one repeats. At least one, all positive.</param>
    /// <param name="jitter">Fraction by which a step is shortened or lengthened at random, 0–0.5, so that retries spread out.</param>
    /// <param name="expireAfter">Age at which a message is given up.</param>
    public RetrySchedule(IReadOnlyList<TimeSpan> steps, double jitter, TimeSpan expireAfter)
    {
        ArgumentOutOfRangeException.ThrowIfZero(steps.Count);
        ArgumentOutOfRangeException.ThrowIfLessThan(jitter, 0);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(jitter, 0.5);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(expireAfter, TimeSpan.Zero);
        foreach (var step in steps)
        {
            ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(step, TimeSpan.Zero);
        }

        _steps = [.. steps];
        _jitter = jitter;
        ExpireAfter = expireAfter;
    }

    /// <summary>1, 5, 15, 30 minutes, then 1, 2 and 4 hours, given up after five days.</summary>
    public static RetrySchedule Default { get; } = new(
        [
            TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15), TimeSpan.FromMinutes(30),
            TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4),
        ],
        jitter: 0.1,
        TimeSpan.FromDays(5));

    public TimeSpan ExpireAfter { get; }

    public IReadOnlyList<TimeSpan> Steps => _steps;

    /// <summary>When to try again after attempt number <paramref name="attempts"/> (1 for the first) failed now; null when the time is over.</summary>
    /// <param name="random">0 up to 1, evenly spread: where in the range of the jitter the step falls.</param>
    public DateTimeOffset? Next(int attempts, DateTimeOffset now, DateTimeOffset expiresAt, double random)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(attempts, 1);
        if (now >= expiresAt)
        {
            return null;
        }

        var step = _steps[Math.Min(attempts, _steps.Length) - 1];
        var next = now + (step * (1 + (_jitter * ((2 * random) - 1))));
        return next < expiresAt ? next : expiresAt;
    }
}
