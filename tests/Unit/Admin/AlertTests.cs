using Relay.Admin;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class AlertTests
{
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private static readonly Condition Full = new("disk", "full");

    private readonly AlertState _state = new();

    [Theory]
    [InlineData(199, true)]
    [InlineData(201, false)]
    [InlineData(99, true)]
    [InlineData(null, false)]
    public void Warns_below_the_threshold_and_not_above(int? freeMiB, bool warns) =>
        Assert.Equal(warns, AlertConditions.OfDisk(new DiskStatus("/data", (long?)freeMiB << 20, null, 100L << 20, 200L << 20)) is not null);

    [Fact]
    public void Raises_what_lasts_once_and_ends_it_when_it_is_gone_for_a_while()
    {
        Assert.Empty(_state.Look([Full], Start).Raised);
        Assert.Empty(_state.Look([Full], Start).Raised);
        Assert.Equal("disk", Assert.Single(_state.Look([Full], Start).Raised).Name);
        Assert.Empty(_state.Look([Full with { Text = "fuller" }], Start).Raised);
        Assert.Equal("fuller", Assert.Single(_state.Current).Text);

        for (var i = 0; i < 4; i++)
        {
            Assert.Empty(_state.Look([], Start).Ended);
        }

        Assert.Equal("disk", Assert.Single(_state.Look([], Start).Ended).Name);
        Assert.Empty(_state.Current);
    }

    [Fact]
    public void Does_not_flap()
    {
        for (var i = 0; i < 10; i++)
        {
            Assert.Empty(_state.Look(i % 2 == 0 ? [Full] : [], Start).Raised);
        }

        for (var i = 0; i < 3; i++)
        {
            _state.Look([Full], Start);
        }

        for (var i = 0; i < 20; i++)
        {
            Assert.Empty(_state.Look(i % 3 == 0 ? [Full] : [], Start).Ended);
        }
    }
}
