using Relay.Smtp.Server;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class StepDeadlineTests
{
    private readonly ManualTimeProvider _time = new();
    private int _expired;

    [Fact]
    public void Fires_when_the_step_takes_too_long()
    {
        using var deadline = NewDeadline();
        deadline.Start(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(9));
        Assert.Equal(0, _expired);
        Assert.False(deadline.HasPassed);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _expired);
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public void A_new_step_moves_the_deadline_later()
    {
        using var deadline = NewDeadline();
        deadline.Start(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(6));
        deadline.Start(TimeSpan.FromSeconds(10));
        _time.Advance(TimeSpan.FromSeconds(6));
        Assert.Equal(0, _expired);
        _time.Advance(TimeSpan.FromSeconds(4));
        Assert.Equal(1, _expired);
    }

    [Fact]
    public void A_shorter_step_is_not_kept_waiting_by_a_longer_one_before_it()
    {
        using var deadline = NewDeadline();
        deadline.Start(TimeSpan.FromMinutes(5));
        deadline.Stop();
        deadline.Start(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _expired);
    }

    [Fact]
    public void A_step_that_is_over_does_not_fire()
    {
        using var deadline = NewDeadline();
        deadline.Start(TimeSpan.FromSeconds(1));
        deadline.Stop();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _expired);
        deadline.Start(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(1, _expired);
    }

    private StepDeadline NewDeadline() => new(_time, () => _expired++);
}
