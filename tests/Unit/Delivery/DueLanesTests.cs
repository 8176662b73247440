using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DueLanesTests
{
    private readonly VirtualClock _clock = new();

    [Fact]
    public void Keys_are_taken_when_due_in_that_order()
    {
        var keys = new DueLanes(10, _clock);
        keys.Note(QueueLane.Of("later"), _clock.Now.AddSeconds(2));
        keys.Note(QueueLane.Of("sooner"), _clock.Now.AddSeconds(1));
        Assert.False(keys.TryTake(out _));

        _clock.Advance(TimeSpan.FromSeconds(3));

        Assert.Equal(["sooner", "later"], TakeAll(keys));
    }

    [Fact]
    public void A_key_stands_once_with_its_earliest_time()
    {
        var keys = new DueLanes(10, _clock);
        keys.Note(QueueLane.Of("a"), _clock.Now.AddHours(1));
        keys.Note(QueueLane.Of("a"), _clock.Now);
        keys.Note(QueueLane.Of("a"), _clock.Now.AddHours(2));

        Assert.Equal(["a"], TakeAll(keys));
        Assert.Equal(0, keys.Count);
    }

    [Fact]
    public void A_busy_key_gets_behind_the_others_each_time()
    {
        var keys = new DueLanes(10, _clock);
        keys.Note(QueueLane.Of("busy"), _clock.Now);
        keys.Note(QueueLane.Of("b"), _clock.Now);
        keys.Note(QueueLane.Of("c"), _clock.Now);
        var order = new List<string>();
        for (var i = 0; i < 6 && keys.TryTake(out var key); i++)
        {
            order.Add(key.Key);
            keys.Note(key, DateTimeOffset.MinValue);
        }

        Assert.Equal(["busy", "b", "c", "busy", "b", "c"], order);
    }

    [Fact]
    public void Keys_beyond_the_bound_are_dropped_and_remembered_as_such()
    {
        var keys = new DueLanes(2, _clock);
        keys.Note(QueueLane.Of("a"), _clock.Now);
        keys.Note(QueueLane.Of("b"), _clock.Now);
        keys.Note(QueueLane.Of("c"), _clock.Now);
        Assert.False(keys.TakeOverflow());

        Assert.Equal(["a", "b"], TakeAll(keys));
        Assert.True(keys.TakeOverflow());
        Assert.False(keys.TakeOverflow());
    }

    [Fact]
    public async Task Waiting_ends_with_a_key_and_with_the_time()
    {
        var keys = new DueLanes(2, _clock);
        var byKey = keys.WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        Assert.False(byKey.IsCompleted);
        keys.Note(QueueLane.Of("a"), _clock.Now);
        await byKey.WaitAsync(TimeSpan.FromSeconds(30));

        TakeAll(keys);
        keys.Note(QueueLane.Of("b"), _clock.Now.AddSeconds(5));
        var first = keys.WaitAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
        _clock.Advance(TimeSpan.FromSeconds(5));
        await first.WaitAsync(TimeSpan.FromSeconds(30));
    }

    private static List<string> TakeAll(DueLanes keys)
    {
        var taken = new List<string>();
        while (keys.TryTake(out var key))
        {
            taken.Add(key.Key);
        }

        return taken;
    }
}
