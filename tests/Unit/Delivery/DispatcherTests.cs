using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class DispatcherTests
{
    private readonly List<(SiteQueue Queue, DeliveryJob Job)> _started = [];
    private readonly List<(string Key, DateTimeOffset At)> _ready = [];

    [Fact]
    public void Reserves_nothing_for_a_key_whose_route_is_unknown()
    {
        var kit = Started(new DeliveryKit());

        Assert.False(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 10));
    }

    [Fact]
    public async Task A_reserved_task_starts_a_worker_at_once()
    {
        var kit = Started(await KitWithRouteAsync());
        Assert.True(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 10));
        var task = kit.Task(["a@example.com"]);

        kit.Dispatcher.Dispatch(task);

        Assert.Same(task, Assert.Single(_started).Job.Task);
        Assert.Equal("example.com", _started[0].Queue.Path.Site.Name);
    }

    [Fact]
    public async Task Reservations_end_where_the_queue_is_full_and_come_back_when_cancelled()
    {
        var kit = Started(await KitWithRouteAsync());
        var reserved = 0;
        while (kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 1))
        {
            reserved++;
        }

        Assert.InRange(reserved, 1, 500);
        kit.Dispatcher.CancelReservation("example.com", QueueFlow.Default, 1);
        Assert.True(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 1));
        Assert.False(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 1));
    }

    [Fact]
    public async Task Content_in_memory_is_bounded_by_the_window()
    {
        var kit = Started(await KitWithRouteAsync(new DeliveryOptions { Hostname = "relay.example.org", WindowBytes = 100 }));

        Assert.True(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 80));
        Assert.False(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 80));
        kit.Dispatcher.CancelReservation("example.com", QueueFlow.Default, 80);
        Assert.True(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 80));
    }

    [Fact]
    public async Task A_content_larger_than_the_whole_window_passes_alone()
    {
        var kit = Started(await KitWithRouteAsync(new DeliveryOptions { Hostname = "relay.example.org", WindowBytes = 100 }));

        Assert.True(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 5000));
        Assert.False(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 1));
    }

    [Fact]
    public async Task A_full_site_parks_its_keys_until_a_job_ends()
    {
        var kit = Started(await KitWithRouteAsync());
        kit.Routes.TryGetKnown("example.com", out var route);
        var plan = kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100)!;
        kit.Dispatcher.Complete(plan, Enumerable.Range(0, plan.Count).Select(_ => kit.Task(["a@example.com"])).ToList());
        var second = kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100)!;
        kit.Dispatcher.Complete(second, Enumerable.Range(0, second.Count).Select(_ => kit.Task(["a@example.com"])).ToList());
        Assert.Null(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100));
        Assert.Empty(_ready);
        Assert.Equal(5, _started.Count);

        var (queue, job) = _started[0];
        kit.Dispatcher.JobEnded(queue, job, SiteFeedback.Success);
        Assert.NotNull(kit.Dispatcher.TakeNext(queue, 1));
        kit.Dispatcher.JobEnded(queue, _started[1].Job, SiteFeedback.Success);

        Assert.Contains(_ready, r => r.Key == "example.com");
    }

    [Fact]
    public async Task The_window_bounds_what_is_leased_over_all_sites()
    {
        var kit = Started(await KitWithRouteAsync(new DeliveryOptions { Hostname = "relay.example.org", WindowTasks = 8 }));
        kit.Routes.TryGetKnown("example.com", out var route);

        var plan = kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100)!;

        Assert.Equal(2, plan.Count);
    }

    [Fact]
    public async Task Failures_in_a_row_suspend_the_path_and_give_back_what_waits()
    {
        var kit = Started(await KitWithRouteAsync());
        kit.Routes.TryGetKnown("example.com", out var route);
        var plan = kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 20)!;
        kit.Dispatcher.Complete(plan, Enumerable.Range(0, 20).Select(_ => kit.Task(["a@example.com"])).ToList());

        PathSuspended? suspended = null;
        foreach (var (queue, job) in _started.ToList())
        {
            suspended ??= kit.Dispatcher.JobEnded(queue, job, SiteFeedback.Failure("connection refused", null));
        }

        Assert.Equal("connection refused", suspended!.Info.Reason);
        Assert.Equal(15, suspended.Waiting.Count);
        Assert.False(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 1));
        Assert.Null(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 20));
        Assert.Equal(("example.com", suspended.Info.Until), Assert.Single(_ready));

        var status = Assert.Single(kit.Dispatcher.Snapshot(_ => 0, kit.Monitor.Health).Sites);
        Assert.Equal("connection refused", status.Suspension!.Reason);
        Assert.StartsWith("suspended", status.RoomReason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mx.example.com", false)]
    [InlineData("www.example.com", true)]
    public async Task Hosts_that_never_answered_do_not_suspend_a_site_of_which_others_do(string answering, bool isRoomLeft)
    {
        var kit = await KitWithRouteAsync();
        kit.Routes.TryGetKnown("example.com", out var route);
        var queue = kit.QueueFor(route!);
        queue.Apply(SiteFeedback.Success with { Host = answering }, route, kit.Clock.Now);

        for (var i = 0; i < kit.Options.Suspension.Failures; i++)
        {
            queue.Apply(SiteFeedback.Failure("connection refused", null), route, kit.Clock.Now);
        }

        Assert.Equal(isRoomLeft, !queue.Suspensions.IsSuspended(kit.Clock.Now));
    }

    [Fact]
    public async Task A_suspended_site_is_probed_by_one_task()
    {
        var kit = Started(await KitWithRouteAsync(new DeliveryOptions { Hostname = "relay.example.org", Suspension = new SuspensionOptions { Failures = 1 } }));
        kit.Routes.TryGetKnown("example.com", out var route);
        Lease(kit, route!, 1);
        kit.Dispatcher.JobEnded(_started[0].Queue, _started[0].Job, SiteFeedback.Failure("gone", null));
        kit.Dispatcher.WorkerEnded(_started[0].Queue);
        kit.Clock.Advance(TimeSpan.FromMinutes(1));

        var probe = kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100)!;

        Assert.True(probe.IsProbe);
        Assert.Equal(1, probe.Count);
        Assert.Null(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100));
        kit.Dispatcher.Complete(probe, [kit.Task(["a@example.com"])]);
        kit.Dispatcher.JobEnded(_started[1].Queue, _started[1].Job, SiteFeedback.Success);
        Assert.False(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100)!.IsProbe);
    }

    [Fact]
    public async Task The_budget_of_connections_is_shared_in_turn()
    {
        var kit = Started(await KitWithRouteAsync(new DeliveryOptions { Hostname = "relay.example.org", MaxConnections = 1 }));
        kit.Zone.Mx("example.net", (10, "mx.example.net")).Address("mx.example.net", "192.0.2.2");
        var other = await kit.Routes.ResolveAsync("example.net", CancellationToken.None);
        kit.Routes.TryGetKnown("example.com", out var route);
        Lease(kit, route!, 30);
        Lease(kit, other, 30, "a@example.net");
        Assert.Single(_started);

        var queue = _started[0].Queue;
        var done = 1;
        for (var job = _started[0].Job; job is not null; done++)
        {
            kit.Dispatcher.JobEnded(queue, job, SiteFeedback.Success);
            job = kit.Dispatcher.TakeNext(queue, done)!;
        }

        kit.Dispatcher.WorkerEnded(queue);

        Assert.InRange(done, 2, 25);
        Assert.Equal(["example.com", "example.net"], _started.Select(s => s.Queue.Path.Site.Name));
    }

    [Fact]
    public async Task More_connections_by_a_reload_serve_who_waits_for_one()
    {
        var kit = Started(await KitWithRouteAsync(new DeliveryOptions { Hostname = "relay.example.org", MaxConnections = 1 }));
        kit.Zone.Mx("example.net", (10, "mx.example.net")).Address("mx.example.net", "192.0.2.2");
        var other = await kit.Routes.ResolveAsync("example.net", CancellationToken.None);
        kit.Routes.TryGetKnown("example.com", out var route);
        Lease(kit, route!, 1);
        Lease(kit, other, 1, "a@example.net");
        Assert.Single(_started);

        kit.Options.TakeOver(kit.Options with { MaxConnections = 2 });
        kit.Dispatcher.Renew();

        Assert.Equal(["example.com", "example.net"], _started.Select(s => s.Queue.Path.Site.Name));
        Assert.Equal(2, kit.Dispatcher.Snapshot(_ => 0, kit.Monitor.Health).MaxConnections);
    }

    [Fact]
    public async Task A_message_rate_is_kept_and_no_more_is_leased_than_it_lets_through()
    {
        var kit = Started(await KitWithRouteAsync(new DeliveryOptions
        {
            Hostname = "relay.example.org",
            SiteDefaults = SiteOptions.Default with { MessageRate = new MessageRate(1, TimeSpan.FromMinutes(1)) },
        }));
        kit.Routes.TryGetKnown("example.com", out var route);

        var plan = kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100)!;
        Assert.Equal(1, plan.Count);
        kit.Dispatcher.Complete(plan, [kit.Task(["a@example.com"])]);
        Assert.Single(_started);
        Assert.Null(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100));
        Assert.InRange(Assert.Single(_ready).At - kit.Clock.Now, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));

        kit.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.NotNull(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 100));
    }

    [Fact]
    public async Task Stop_gives_back_what_waits_and_starts_nothing_more()
    {
        var kit = Started(await KitWithRouteAsync());
        kit.Routes.TryGetKnown("example.com", out var route);
        Lease(kit, route!, 20);

        Assert.Equal(15, kit.Dispatcher.Stop().Count);
        Assert.False(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 1));
        Assert.Null(kit.Dispatcher.PlanLease(QueueLane.Of("example.com"), route!, 1));
        Assert.Null(kit.Dispatcher.TakeNext(_started[0].Queue, 1));
    }

    [Fact]
    public async Task Weighted_sources_take_their_share()
    {
        var kit = Started(await KitWithRouteAsync(new DeliveryOptions
        {
            Hostname = "relay.example.org",
            Sources = new Dictionary<string, EgressSourceOptions> { ["a"] = new(), ["b"] = new() },
            Pools = new Dictionary<string, IReadOnlyDictionary<string, int>> { ["p"] = new Dictionary<string, int> { ["a"] = 3, ["b"] = 1 } },
            DefaultPool = "p",
        }));

        var chosen = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            Assert.True(kit.Dispatcher.TryReserve("example.com", QueueFlow.Default, 0));
            kit.Dispatcher.Dispatch(kit.Task(["a@example.com"]));
            chosen.Add(_started[^1].Queue.Path.Source.Name);
        }

        Assert.Equal(3, chosen.Count(c => c == "a"));
    }

    private static void Lease(DeliveryKit kit, Route route, int count, string recipient = "a@example.com")
    {
        var plan = kit.Dispatcher.PlanLease(QueueLane.Of("key"), route, count)!;
        kit.Dispatcher.Complete(plan, Enumerable.Range(0, count).Select(_ => kit.Task([recipient])).ToList());
    }

    private DeliveryKit Started(DeliveryKit kit)
    {
        kit.Dispatcher.Start((queue, job) => _started.Add((queue, job)), (lane, at) => _ready.Add((lane.Key, at)));
        return kit;
    }

    private static async Task<DeliveryKit> KitWithRouteAsync(DeliveryOptions? options = null)
    {
        var kit = new DeliveryKit(options);
        kit.Zone.Mx("example.com", (10, "mx.example.com")).Address("mx.example.com", "192.0.2.1");
        await kit.Routes.ResolveAsync("example.com", CancellationToken.None);
        return kit;
    }
}
