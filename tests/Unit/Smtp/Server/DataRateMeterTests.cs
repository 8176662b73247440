using Relay.Smtp.Server;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DataRateMeterTests
{
    [Fact]
    public void Forgives_a_pause_within_the_grace() =>
        Assert.True(new DataRateMeter(100, TimeSpan.FromSeconds(30)).Note(TimeSpan.FromSeconds(29), 1));

    [Fact]
    public void Cuts_a_sender_that_drips()
    {
        var meter = new DataRateMeter(100, TimeSpan.FromSeconds(30));
        Assert.True(meter.Note(TimeSpan.FromSeconds(20), 100));
        Assert.False(meter.Note(TimeSpan.FromSeconds(20), 100));
    }

    [Fact]
    public void Saves_no_more_time_than_the_grace()
    {
        var meter = new DataRateMeter(100, TimeSpan.FromSeconds(30));
        Assert.True(meter.Note(TimeSpan.FromSeconds(1), 1_000_000));
        Assert.False(meter.Note(TimeSpan.FromSeconds(31), 0));
    }

    [Fact]
    public void Zero_means_no_minimum() =>
        Assert.True(new DataRateMeter(0, TimeSpan.FromSeconds(1)).Note(TimeSpan.FromHours(1), 0));
}
