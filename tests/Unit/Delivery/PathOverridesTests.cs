using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class PathOverridesTests
{
    private readonly List<(SiteQueue Queue, DeliveryJob Job)> _started = [];

    [Fact]
    public async Task A_suspension_gives_back_what_waits_and_ends_by_the_clock()
    {
        var (kit, route, path) = await StartedAsync();
        Lease(kit, route, 20);
        var until = kit.Clock.Now.AddMinutes(30);

        Assert.True(kit.Control.Set(path, new LimitOverride { Name = "rule a", Reason = "421 too many connections", Until = until, IsSuspension = true }));

        var returned = kit.Dispatcher.TakeReturns();
        Assert.Equal(15, returned.Count);
        Assert.All(returned, r => Assert.Equal(until, r.NotBefore));
        Assert.Empty(kit.Dispatcher.TakeReturns());
        Assert.Null(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route, 10));
        kit.Clock.Advance(TimeSpan.FromMinutes(30));
        Assert.NotNull(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route, 10));
        kit.Dispatcher.Tick();
        Assert.Empty(kit.Control.Active());
    }

    [Fact]
    public async Task Connections_are_lowered_and_come_back_when_the_override_is_removed()
    {
        var (kit, route, path) = await StartedAsync();
        kit.Control.Set(path, new LimitOverride { Name = "learned", Reason = "slow", Until = kit.Clock.Now.AddHours(1), MaxConnections = 2 });
        Lease(kit, route, 20);
        Assert.Equal(2, _started.Count);

        Assert.True(kit.Control.Remove(path, "learned"));
        Assert.False(kit.Control.Remove(path, "learned"));

        Assert.Equal(5, _started.Count);
    }

    [Fact]
    public async Task A_rate_that_is_set_again_and_again_lets_nothing_more_through()
    {
        var (kit, route, path) = await StartedAsync();
        for (var i = 0; i < 10; i++)
        {
            kit.Control.Set(path, new LimitOverride
            {
                Name = "learned",
                Reason = "slow",
                Until = kit.Clock.Now.AddHours(1),
                MessageRate = new MessageRate(1 + (i % 2), TimeSpan.FromMinutes(1)),
            });
            if (kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route, 10) is { } plan)
            {
                kit.Dispatcher.Complete(plan, [kit.Task(["a@example.com"])]);
            }
        }

        Assert.Single(_started);
    }

    [Fact]
    public async Task Overrides_are_listed_with_path_and_reason()
    {
        var (kit, _, path) = await StartedAsync();
        kit.Control.Set(path, new LimitOverride { Name = "a", Reason = "because", Until = kit.Clock.Now.AddHours(1), MaxConnections = 2 });

        Assert.Equal((path, "because"), Assert.Single(kit.Control.Active().Select(a => (a.Path, a.Change.Reason))));
        Assert.Equal("a", Assert.Single(kit.Control.Active(path)).Name);
    }

    private async Task<(DeliveryKit Kit, Route Route, PathKey Path)> StartedAsync()
    {
        var kit = new DeliveryKit();
        kit.Zone.Mx("example.com", (10, "mx.example.com")).Address("mx.example.com", "192.0.2.1");
        kit.Dispatcher.Start((queue, job) => _started.Add((queue, job)), (_, _) => { });
        return (kit, await kit.Routes.ResolveAsync("example.com", CancellationToken.None), new PathKey("example.com", "default"));
    }

    private static void Lease(DeliveryKit kit, Route route, int count)
    {
        var plan = kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route, count)!;
        kit.Dispatcher.Complete(plan, [.. Enumerable.Range(0, count).Select(_ => kit.Task(["a@example.com"]))]);
    }
}
