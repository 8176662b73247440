using Relay.Delivery;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DueLaneScanTests
{
    private readonly VirtualClock _clock = new();
    private readonly FakeQueueStore _store = new();
    private readonly DeliveryKit _kit = new();

    [Fact]
    public async Task Reads_page_after_page_to_the_end()
    {
        Fill(7);
        var keys = new DueLanes(100, _clock);

        await new DueLaneScan(_store, keys, pageSize: 3).RunAsync(_clock.Now, CancellationToken.None);

        Assert.Equal(Names(0, 7), TakeAll(keys));
    }

    [Fact]
    public async Task Goes_on_behind_the_keys_that_filled_the_map()
    {
        Fill(10);
        var keys = new DueLanes(4, _clock);
        var scan = new DueLaneScan(_store, keys, pageSize: 3);

        // The keys stay due in the store, as those of a blocked site do.
        await scan.RunAsync(_clock.Now, CancellationToken.None);
        Assert.Equal(Names(0, 4), TakeAll(keys));
        await scan.RunAsync(_clock.Now, CancellationToken.None);
        Assert.Equal(Names(4, 4), TakeAll(keys));
        await scan.RunAsync(_clock.Now, CancellationToken.None);
        Assert.Equal(Names(8, 2), TakeAll(keys));
        await scan.RunAsync(_clock.Now, CancellationToken.None);
        Assert.Equal(Names(0, 4), TakeAll(keys));
    }

    private void Fill(int count)
    {
        foreach (var name in Names(0, count))
        {
            _store.Add(name, _kit.Task(["a@" + name]));
        }
    }

    private static List<string> Names(int first, int count) => [.. Enumerable.Range(first, count).Select(i => $"d{i}.example.com")];

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
