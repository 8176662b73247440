namespace Relay.Tests.Support;

/// <summary>Waits for something another process does, bounded in time.</summary>
public static class Poll
{
    private static readonly TimeSpan FirstStep = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestLook = TimeSpan.FromSeconds(5);

    public static Task UntilAsync(string what, Func<bool> condition, TimeSpan? within = null) =>
        UntilAsync(what, () => Task.FromResult(condition()), within);

    /// <remarks>
    /// Each look counts for a few seconds at most: a machine that stood still for minutes between two of them, as one that is paused does, has
    /// given nobody the time.
    /// </remarks>
    /// <exception cref="TimeoutException">It did not become true within the time (default 60 s).</exception>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? within = null, TimeProvider? time = null)
    {
        time ??= TimeProvider.System;
        var limit = within ?? TimeSpan.FromSeconds(60);
        var spent = TimeSpan.Zero;
        var before = time.GetTimestamp();
        for (var step = FirstStep; !await condition(); step = step * 2 < LongestStep ? step * 2 : LongestStep)
        {
            var now = time.GetTimestamp();
            var look = time.GetElapsedTime(before, now);
            (spent, before) = (spent + (look < LongestLook ? look : LongestLook), now);
            if (spent > limit)
            {
                throw new TimeoutException($"not within {limit.TotalSeconds:0} s: {what}");
            }

            await Task.Delay(step, TimeProvider.System);
        }
    }
}
