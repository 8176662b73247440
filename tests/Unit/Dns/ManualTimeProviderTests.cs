using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new(new DateTimeOffset(2030, 5, 1, 12, 0, 0, TimeSpan.Zero));

    [Fact]
    public void Stands_still_until_it_is_moved()
    {
        var start = _time.GetTimestamp();
        Assert.Equal(new DateTimeOffset(2030, 5, 1, 12, 0, 0, TimeSpan.Zero), _time.GetUtcNow());

        _time.Advance(TimeSpan.FromMinutes(90));

        Assert.Equal(new DateTimeOffset(2030, 5, 1, 13, 30, 0, TimeSpan.Zero), _time.GetUtcNow());
        Assert.Equal(TimeSpan.FromMinutes(90), _time.GetElapsedTime(start));
    }

    [Fact]
    public void Timers_fire_in_order_each_at_its_own_time()
    {
        var fired = new List<(string, int)>();
        using var late = _time.CreateTimer(_ => fired.Add(("late", Minute())), null, TimeSpan.FromMinutes(3), Timeout.InfiniteTimeSpan);
        using var early = _time.CreateTimer(_ => fired.Add(("early", Minute())), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan);
        using var never = _time.CreateTimer(_ => fired.Add(("never", Minute())), null, TimeSpan.FromMinutes(9), Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal([("early", 1), ("late", 3)], fired);
        Assert.Equal(5, Minute());
        Assert.Equal(1, _time.ActiveTimers);
    }

    [Fact]
    public void Periodic_timers_fire_each_period_until_disposed()
    {
        var count = 0;
        var timer = _time.CreateTimer(_ => count++, null, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(10));

        _time.Advance(TimeSpan.FromSeconds(35));
        Assert.Equal(3, count);
        timer.Dispose();
        _time.Advance(TimeSpan.FromSeconds(35));

        Assert.Equal(3, count);
        Assert.False(timer.Change(TimeSpan.Zero, Timeout.InfiniteTimeSpan));
    }

    [Fact]
    public void Timers_started_by_a_callback_fire_in_the_same_advance_when_due()
    {
        var fired = new List<int>();
        ITimer? second = null;
        using var first = _time.CreateTimer(
            _ => second = _time.CreateTimer(_ => fired.Add(Minute()), null, TimeSpan.FromMinutes(1), Timeout.InfiniteTimeSpan),
            null,
            TimeSpan.FromMinutes(1),
            Timeout.InfiniteTimeSpan);

        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal([2], fired);
        second!.Dispose();
    }

    [Fact]
    public async Task Drives_delays_and_timeouts()
    {
        var delay = Task.Delay(TimeSpan.FromHours(1), _time, CancellationToken.None);
        using var timeout = new CancellationTokenSource(TimeSpan.FromHours(2), _time);
        await _time.WaitForTimersAsync(2);

        _time.Advance(TimeSpan.FromHours(1));
        await delay;
        Assert.False(timeout.IsCancellationRequested);
        _time.Advance(TimeSpan.FromHours(1));

        Assert.True(timeout.IsCancellationRequested);
    }

    [Fact]
    public async Task Waits_for_timers_to_be_started()
    {
        var waiting = _time.WaitForTimersAsync(1);
        Assert.False(waiting.IsCompleted);

        using var timer = _time.CreateTimer(_ => { }, null, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);

        await waiting;
    }

    private int Minute() => _time.GetUtcNow().Minute;
}
