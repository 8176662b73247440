using Relay.Admin;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class TrafficMonitorTests : IDisposable
{
    private readonly ManualTimeProvider _time = new();
    private readonly TrafficMonitor _monitor;

    public TrafficMonitorTests() => _monitor = new TrafficMonitor(_time);

    public void Dispose() => _monitor.Dispose();

    [Fact]
    public void Counts_whole_seconds_only()
    {
        _monitor.Add(TrafficKind.Captured, 3);
        Assert.Equal(0, _monitor.Sum(TrafficKind.Captured, TimeSpan.FromMinutes(1)));

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(3, _monitor.Sum(TrafficKind.Captured, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public void Divides_by_the_time_since_the_start_while_that_is_shorter()
    {
        _monitor.Add(TrafficKind.Captured, 40);
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.Equal(2, _monitor.Rate(TrafficKind.Captured, TimeSpan.FromHours(1)));

        _time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(0, _monitor.Rate(TrafficKind.Captured, TimeSpan.FromHours(1)));
        Assert.Equal(40, _monitor.Sum(TrafficKind.Captured, TimeSpan.FromHours(24)));
    }

    [Fact]
    public void Forgets_what_a_ring_no_longer_holds()
    {
        _monitor.Add(TrafficKind.Captured, 1);
        _time.Advance(TimeSpan.FromHours(25));
        _monitor.Add(TrafficKind.Captured, 2);
        _time.Advance(TimeSpan.FromMinutes(2));

        Assert.Equal(2, _monitor.Sum(TrafficKind.Captured, TimeSpan.FromHours(24)));
    }

    [Theory]
    [InlineData(5 * 60, 2, 150)]
    [InlineData(60 * 60, 30, 120)]
    [InlineData(24 * 60 * 60, 600, 144)]
    public void Draws_points_of_equal_length_that_hold_everything(int lengthSeconds, int stepSeconds, int points)
    {
        _monitor.Add(TrafficKind.Captured, 5);
        _time.Advance(TimeSpan.FromSeconds(stepSeconds));
        _monitor.Add(TrafficKind.Captured, 7);
        _time.Advance(TimeSpan.FromSeconds(stepSeconds));

        var series = _monitor.Series(TimeSpan.FromSeconds(lengthSeconds), TimeSpan.FromSeconds(stepSeconds));

        Assert.Equal(points, series.Count);
        Assert.Equal(12, series.Sum(point => point.Captured));
        Assert.All(series.Zip(series.Skip(1)), pair => Assert.Equal(stepSeconds, (pair.Second.At - pair.First.At).TotalSeconds));
    }
}
