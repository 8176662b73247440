using Relay.Senders;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class BoundedTableTests
{
    [Fact]
    public void Never_holds_more_than_its_capacity_and_drops_the_oldest()
    {
        var table = new BoundedTable<int>(8);
        for (var i = 0; i < 100; i++)
        {
            table.Set($"key{i}", i, DateTimeOffset.UnixEpoch.AddSeconds(i));
            Assert.InRange(table.Count, 1, 8);
        }

        Assert.True(table.TryGet("key99", out var newest));
        Assert.Equal(99, newest);
        Assert.False(table.TryGet("key0", out _));
    }

    [Fact]
    public void Updates_start_from_the_default_and_then_from_the_last_value()
    {
        var table = new BoundedTable<int>(2);
        table.Update("key", value => value + 1, DateTimeOffset.UnixEpoch);
        table.Update("key", value => value + 1, DateTimeOffset.UnixEpoch);

        Assert.True(table.TryGet("key", out var value));
        Assert.Equal(2, value);
        table.Remove("key");
        Assert.False(table.TryGet("key", out _));
    }
}
