namespace Relay.Tests.Support;

/// <summary>Waits for something another process does, bounded in time.</summary>
public static class Poll
{
    private static readonly TimeSpan FirstStep = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LongestStep = TimeSpan.FromMilliseconds(50);

    public static Task UntilAsync(string what, Func<bool> condition, TimeSpan? within = null) =>
        UntilAsync(what, () => Task.FromResult(condition()), within);

    /// <exception cref="TimeoutException">It did not become true within the time (default 60 s).</exception>
    public static async Task UntilAsync(string what, Func<Task<bool>> condition, TimeSpan? within = null)
    {
        var started = TimeProvider.System.GetTimestamp();
        var limit = within ?? TimeSpan.FromSeconds(60);
        for (var step = FirstStep; !await condition(); step = step * 2 < LongestStep ? step * 2 : LongestStep)
        {
            if (TimeProvider.System.GetElapsedTime(started) > limit)
            {
                throw new TimeoutException($"not within {limit.TotalSeconds:0} s: {what}");
            }

            await Task.Delay(step, TimeProvider.System);
        }
    }
}
