using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class RetryScheduleTests
{
    private static readonly DateTimeOffset Now = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly RetrySchedule Schedule = new([TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(10)], 0.1, TimeSpan.FromDays(5));

    [Theory]
    [InlineData(1, 60)]
    [InlineData(2, 600)]
    [InlineData(3, 600)]
    [InlineData(1000, 600)]
    public void Takes_the_step_of_the_attempt_and_repeats_the_last(int attempts, int seconds) =>
        Assert.Equal(Now.AddSeconds(seconds), Schedule.Next(attempts, Now, Now.AddDays(5), 0.5));

    [Theory]
    [InlineData(0.0, 54)]
    [InlineData(0.5, 60)]
    [InlineData(1.0, 66)]
    public void Jitter_moves_a_step_by_a_tenth(double random, int seconds) =>
        Assert.Equal(Now.AddSeconds(seconds), Schedule.Next(1, Now, Now.AddDays(5), random));

    [Fact]
    public void The_last_attempt_is_at_the_expiry() =>
        Assert.Equal(Now.AddMinutes(3), Schedule.Next(2, Now, Now.AddMinutes(3), 0.5));

    [Fact]
    public void Gives_up_at_the_expiry() => Assert.Null(Schedule.Next(2, Now, Now, 0.5));

    [Fact]
    public void Refuses_a_schedule_that_would_spin() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RetrySchedule([TimeSpan.Zero], 0.1, TimeSpan.FromDays(1)));
}
