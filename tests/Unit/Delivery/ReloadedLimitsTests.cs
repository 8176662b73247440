using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Limits of sites and of mail that are exchanged while delivery runs.</summary>
public sealed class ReloadedLimitsTests
{
    private const string Domain = "example.com";
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly Dictionary<string, SiteOptions> _sites = [];
    private readonly Dictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>> _limits = [];
    private readonly List<(SiteQueue Queue, DeliveryJob Job)> _started = [];

    [Fact]
    public async Task Fewer_connections_hold_as_soon_as_running_ones_end()
    {
        var kit = await StartedAsync();
        await LeaseAsync(kit, 8);
        Assert.Equal(5, _started.Count);
        var queue = _started[0].Queue;

        _sites[Domain] = new SiteOptions { MaxConnections = 2 };
        kit.Dispatcher.Renew();

        Assert.Equal(new Limit<int>(2, "site.\"example.com\""), queue.Path.Limits.MaxConnections);
        foreach (var (_, job) in _started.Take(3).ToList())
        {
            kit.Dispatcher.JobEnded(queue, job, SiteFeedback.Success);
            Assert.Null(kit.Dispatcher.TakeNext(queue, 1));
            kit.Dispatcher.WorkerEnded(queue);
        }

        Assert.Equal((2, 5), (queue.Workers, _started.Count));
        kit.Dispatcher.JobEnded(queue, _started[3].Job, SiteFeedback.Success);
        Assert.NotNull(kit.Dispatcher.TakeNext(queue, 1));
    }

    [Fact]
    public async Task A_higher_rate_lets_more_go_and_what_was_counted_counts_on()
    {
        _sites[Domain] = PerHour(3);
        var kit = await StartedAsync();
        await LeaseAsync(kit, 3);
        EndAll(kit);
        await LeaseAsync(kit, 5);
        Assert.Equal(3, _started.Count);

        _sites[Domain] = PerHour(5);
        kit.Dispatcher.Renew();
        await LeaseAsync(kit, 5);

        Assert.Equal(5, _started.Count);
    }

    [Fact]
    public async Task A_lower_rate_counts_what_went_before()
    {
        _sites[Domain] = PerHour(5);
        var kit = await StartedAsync();
        await LeaseAsync(kit, 3);
        EndAll(kit);

        _sites[Domain] = PerHour(3);
        kit.Dispatcher.Renew();
        await LeaseAsync(kit, 3);

        Assert.Equal(3, _started.Count);
        kit.Clock.Advance(Hour + TimeSpan.FromMinutes(2));
        await LeaseAsync(kit, 3);
        Assert.Equal(6, _started.Count);
    }

    [Fact]
    public async Task Without_its_rate_what_waits_in_memory_and_in_the_store_goes_at_once()
    {
        _sites[Domain] = new SiteOptions { MessageRate = new MessageRate(1, TimeSpan.FromSeconds(1)) };
        var kit = await StartedAsync();
        await LeaseAsync(kit, 3);
        await LeaseAsync(kit, 3);
        Assert.Single(_started);

        _sites.Clear();
        kit.Dispatcher.Renew();

        Assert.True(_started.Count >= 3, $"{_started.Count} started");
        Assert.Empty(_started[0].Queue.Throttles);
        await LeaseAsync(kit, 1);
        EndAll(kit);
        Assert.True(_started[0].Queue.IsIdle);
    }

    [Fact]
    public async Task Jobs_that_were_under_way_end_under_limits_that_are_new()
    {
        var kit = await StartedAsync();
        await LeaseAsync(kit, 7);

        _limits[LimitScope.Site] = new Dictionary<string, ThrottleOptions> { [Domain] = new() { MaxConnections = 6 } };
        kit.Dispatcher.Renew();

        var throttle = Assert.Single(_started[0].Queue.Throttles);
        Assert.Equal((5, 2), (throttle.Active, throttle.Outstanding));
        EndAll(kit);
        EndAll(kit);
        Assert.Equal((7, 0, 0), (_started.Count, throttle.Active, throttle.Outstanding));
    }

    [Fact]
    public async Task What_feedback_taught_stays()
    {
        _sites[Domain] = new SiteOptions { MaxConnections = 20 };
        var kit = await StartedAsync();
        await LeaseAsync(kit, 1);
        var (queue, job) = _started[0];
        kit.Dispatcher.JobEnded(queue, job, SiteFeedback.Failure("reset", null));
        var learned = queue.Window.Allowed;

        _sites[Domain] = new SiteOptions { MaxConnections = 50 };
        kit.Dispatcher.Renew();

        Assert.Equal(50, queue.Path.Limits.MaxConnections.Value);
        Assert.Equal(learned, queue.Window.Allowed);
    }

    [Fact]
    public async Task Mail_that_waits_in_memory_goes_by_the_new_policy()
    {
        _sites[Domain] = new SiteOptions { MaxConnections = 1 };
        var kit = await StartedAsync();
        await LeaseAsync(kit, 2);
        Assert.Equal(DeliveryTlsMode.Opportunistic, _started[0].Job.Route.Site.Limits.Tls.Value);

        _sites[Domain] = new SiteOptions { MaxConnections = 1, Tls = DeliveryTlsMode.Required };
        kit.Dispatcher.Renew();
        kit.Dispatcher.JobEnded(_started[0].Queue, _started[0].Job, SiteFeedback.Success);

        var next = kit.Dispatcher.TakeNext(_started[0].Queue, 1);
        Assert.Equal(DeliveryTlsMode.Required, next!.Route.Site.Limits.Tls.Value);
    }

    [Fact]
    public async Task Limits_of_accounts_change_where_they_are_counted()
    {
        _limits[LimitScope.Account] = new Dictionary<string, ThrottleOptions> { ["*"] = new() { MessageRate = PerHour(2).MessageRate } };
        var kit = await StartedAsync();
        await LeaseAsync(kit, 4);
        Assert.Equal(2, _started.Count);

        _limits[LimitScope.Account] = new Dictionary<string, ThrottleOptions> { ["1"] = new() { MessageRate = PerHour(3).MessageRate } };
        kit.Dispatcher.Renew();
        await LeaseAsync(kit, 4);

        Assert.Equal(3, _started.Count);
    }

    [Fact]
    public async Task A_route_that_was_found_before_does_not_bring_its_limits_back()
    {
        var kit = await StartedAsync();
        var known = await kit.Routes.ResolveAsync(Domain, CancellationToken.None);

        _sites[DeliveryOptions.EverySite] = new SiteOptions { MaxConnections = 1 };
        new DeliveryReload(kit.Routes, kit.Dispatcher).Renew();

        Assert.False(kit.Routes.TryGetKnown(Domain, out _));
        await LeaseAsync(kit, 3, known);
        Assert.Single(_started);
    }

    [Fact]
    public async Task A_path_that_many_domains_share_does_not_take_on_the_limits_of_one_of_them()
    {
        var kit = await StartedAsync();
        kit.Zone.Mx("example.org", (10, "mx." + Domain));
        var route = await kit.Routes.ResolveAsync("example.org", CancellationToken.None);
        await LeaseAsync(kit, 1, route);
        Assert.Equal(Domain, _started[0].Queue.Path.Site.Name);

        _sites["example.org"] = new SiteOptions { MaxConnections = 1 };
        kit.Dispatcher.Renew();

        Assert.Equal(20, _started[0].Queue.Path.Limits.MaxConnections.Value);
        Assert.Equal("example.org", (await kit.Routes.ResolveAsync("example.org", CancellationToken.None)).Site.Name);
    }

    private static SiteOptions PerHour(int count) => new() { MessageRate = new MessageRates([new(1000, TimeSpan.FromSeconds(1)), new(count, Hour)]) };

    private async Task<DeliveryKit> StartedAsync()
    {
        var kit = new DeliveryKit(new DeliveryOptions { Hostname = "relay.example.org", Sites = _sites, Limits = _limits });
        kit.Zone.Mx(Domain, (10, "mx." + Domain)).Address("mx." + Domain, "192.0.2.1");
        await kit.Routes.ResolveAsync(Domain, CancellationToken.None);
        kit.Dispatcher.Start((queue, job) => _started.Add((queue, job)), static (_, _) => { });
        return kit;
    }

    private static async Task LeaseAsync(DeliveryKit kit, int count, Route? known = null)
    {
        var route = known ?? await kit.Routes.ResolveAsync(Domain, CancellationToken.None);
        if (kit.Dispatcher.PlanLease(new QueueLane(Domain, QueueFlow.Default), route, count) is { } plan)
        {
            kit.Dispatcher.Complete(plan, [.. Enumerable.Range(0, plan.Count).Select(_ => kit.Task(["a@" + Domain]))]);
        }
    }

    private void EndAll(DeliveryKit kit)
    {
        foreach (var (queue, job) in _started.ToList())
        {
            if (_ended.Add(job))
            {
                kit.Dispatcher.JobEnded(queue, job, SiteFeedback.Success);
                kit.Dispatcher.WorkerEnded(queue);
            }
        }
    }

    private readonly HashSet<DeliveryJob> _ended = new(ReferenceEqualityComparer.Instance);
}
