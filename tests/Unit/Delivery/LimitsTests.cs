using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Limits of accounts, logins, streams, campaigns, domains, sites and sources, in the dispatcher.</summary>
public sealed class LimitsTests
{
    private readonly List<(SiteQueue Queue, DeliveryJob Job)> _started = [];
    private readonly List<(QueueLane Lane, DateTimeOffset At)> _ready = [];

    [Theory]
    [InlineData(LimitScope.Account, "7")]
    [InlineData(LimitScope.User, "shop")]
    [InlineData(LimitScope.Stream, "broadcast")]
    [InlineData(LimitScope.Tag, "spring")]
    [InlineData(LimitScope.Domain, "example.com")]
    [InlineData(LimitScope.Site, "example.com")]
    [InlineData(LimitScope.Source, "default")]
    [InlineData(LimitScope.Account, "*")]
    [InlineData(LimitScope.Tag, "*")]
    public async Task A_budget_is_kept_at_every_level(LimitScope scope, string name)
    {
        var kit = await StartedAsync(scope, name, new ThrottleOptions { MessageRate = new MessageRates([new(1000, TimeSpan.FromSeconds(1)), new(3, TimeSpan.FromHours(1))]) });
        var flow = new QueueFlow(7, "shop", MailStream.Broadcast, "spring");

        for (var i = 0; i < 40; i++)
        {
            await LeaseAsync(kit, "example.com", flow);
            EndAll(kit);
            kit.Clock.Advance(TimeSpan.FromSeconds(30));
            kit.Dispatcher.Tick();
        }

        Assert.Equal(3, _started.Count);
        kit.Clock.Advance(TimeSpan.FromHours(1));
        await LeaseAsync(kit, "example.com", flow);
        Assert.Equal(4, _started.Count);
    }

    [Fact]
    public async Task Mail_of_others_at_the_same_site_does_not_wait_with_a_limited_flow()
    {
        var kit = await StartedAsync(LimitScope.Account, "7", new ThrottleOptions { MessageRate = new MessageRate(1, TimeSpan.FromHours(1)) });
        var limited = new QueueFlow(7, null, MailStream.Transactional, null);
        await LeaseAsync(kit, "example.com", limited);
        await LeaseAsync(kit, "example.com", limited);
        Assert.Single(_started);
        Assert.False(kit.Dispatcher.TryReserve("example.com", limited, 1));

        await LeaseAsync(kit, "example.com", QueueFlow.Default, count: 4);

        Assert.Equal(5, _started.Count);
        kit.Clock.Advance(TimeSpan.FromHours(1));
        kit.Dispatcher.Tick();
        Assert.Contains(_ready, r => r.Lane == new QueueLane("example.com", limited));
    }

    [Fact]
    public async Task A_bound_on_connections_is_shared_by_all_sites_and_handed_on_when_one_ends()
    {
        var kit = await StartedAsync(LimitScope.Account, "1", new ThrottleOptions { MaxConnections = 2 });
        await LeaseAsync(kit, "example.com", QueueFlow.Default, count: 4);
        await LeaseAsync(kit, "example.net", QueueFlow.Default, count: 4);
        Assert.Equal(2, _started.Count);

        var (queue, job) = _started[0];
        kit.Dispatcher.JobEnded(queue, job, SiteFeedback.Success);

        Assert.Equal(3, _started.Count);
        Assert.Equal("example.net", _started[2].Queue.Path.Site.Name);
        Assert.Null(kit.Dispatcher.TakeNext(queue, 1));
    }

    [Fact]
    public async Task Octets_are_counted_as_well()
    {
        var kit = await StartedAsync(LimitScope.Account, "1", new ThrottleOptions { ByteRate = new ByteRate(100, TimeSpan.FromMinutes(1)) });
        await LeaseAsync(kit, "example.com", QueueFlow.Default, count: 5);

        // Each message has about 50 octets.
        Assert.Equal(2, _started.Count);
        EndAll(kit);
        kit.Clock.Advance(TimeSpan.FromMinutes(1.1));
        kit.Dispatcher.Tick();
        Assert.Equal(4, _started.Count);
    }

    [Fact]
    public async Task Recipients_in_one_transaction_are_the_lowest_of_all_that_applies()
    {
        var kit = await StartedAsync(LimitScope.Account, "1", new ThrottleOptions { MaxRecipientsPerTransaction = 7 });
        await LeaseAsync(kit, "example.com", QueueFlow.Default);

        Assert.Equal(7, Assert.Single(_started).Job.MaxRecipientsPerTransaction);
    }

    [Fact]
    public async Task Day_budgets_survive_a_restart()
    {
        var options = new ThrottleOptions { MessageRate = new MessageRates([new(1000, TimeSpan.FromSeconds(1)), new(2, TimeSpan.FromDays(1))]) };
        var kit = await StartedAsync(LimitScope.Account, "1", options);
        await LeaseAsync(kit, "example.com", QueueFlow.Default, count: 2);
        Assert.Equal(2, _started.Count);
        var stored = kit.Dispatcher.Throttles.TakeChanges();
        Assert.Empty(kit.Dispatcher.Throttles.TakeChanges());

        var later = await StartedAsync(LimitScope.Account, "1", options);
        later.Dispatcher.Throttles.Restore(stored.Select(change => change.Stored), later.Clock.Now);
        await LeaseAsync(later, "example.com", QueueFlow.Default, count: 2);

        Assert.Equal(2, _started.Count);
    }

    [Fact]
    public void More_throttles_than_there_is_room_for_share_one_instead_of_going_unlimited()
    {
        var options = new DeliveryOptions { Hostname = "relay.example.org", Limits = Limits(LimitScope.Tag, "*", new ThrottleOptions { MaxConnections = 1 }) };
        var registry = new ThrottleRegistry(options, capacity: 2);
        var now = new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var made = Enumerable.Range(0, 5).Select(i =>
        {
            var throttle = Assert.Single(registry.OfFlow(new QueueFlow(1, null, MailStream.Broadcast, $"t{i}"), "example.com", now));
            throttle.Begin();
            return throttle;
        }).ToList();

        Assert.Same(made[3], made[4]);
        Assert.InRange(registry.Count, 1, 3);
    }

    [Fact]
    public async Task Limits_of_one_source_at_one_site_are_kept_in_any_window_and_bind_no_other_source()
    {
        for (var seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            var (count, period, connections) = (random.Next(1, 20), TimeSpan.FromSeconds(random.Next(1, 120)), random.Next(1, 4));
            var own = new SiteOptions { MessageRate = new MessageRate(count, period), MaxConnections = connections };
            var kit = await StartedAsync(WithSources(new() { ["north"] = own }));
            var starts = new List<(string Source, DateTimeOffset At)>();
            for (var i = 0; i < 200; i++)
            {
                var before = _started.Count;
                await LeaseAsync(kit, "example.com", QueueFlow.Default, count: random.Next(1, 8));
                kit.Dispatcher.Tick();
                starts.AddRange(_started.Skip(before).Select(s => (s.Queue.Path.Source.Name, kit.Clock.Now)));
                Assert.InRange(_started.Where(s => !_ended.Contains(s.Job)).Count(s => s.Queue.Path.Source.Name == "north"), 0, connections);
                EndAll(kit);
                kit.Clock.Advance(period * (random.NextDouble() / random.Next(1, 10)));
            }

            var north = starts.Where(s => s.Source == "north").Select(s => s.At).ToList();
            Assert.All(north, from => Assert.InRange(north.Count(at => at >= from && at < from + period), 1, count));
            Assert.True(starts.Count(s => s.Source == "south") > north.Count, $"seed {seed}");
            _started.Clear();
            _ended.Clear();
        }
    }

    [Fact]
    public async Task What_is_said_of_a_source_at_a_site_goes_before_what_is_said_of_the_site_and_names_itself()
    {
        var kit = await StartedAsync(WithSources(new() { ["north"] = new SiteOptions { MaxMessagesPerConnection = 3, MaxConnections = 2 } }));
        var site = (await kit.Routes.ResolveAsync("example.com", CancellationToken.None)).Site;

        Assert.Equal(new Limit<int>(2, "site.\"example.com\".source.north"), site.LimitsOf("north").MaxConnections);
        Assert.Equal(new Limit<int>(3, "site.\"example.com\".source.north"), site.LimitsOf("north").MaxMessagesPerConnection);
        Assert.Equal(new Limit<int>(8, "site.\"example.com\""), site.LimitsOf("south").MaxConnections);
        Assert.Equal(new Limit<int>(50, "egress.source.south"), site.LimitsOf("south").MaxMessagesPerConnection);
        Assert.Equal(100, site.Limits.MaxMessagesPerConnection.Value);
        Assert.Equal(3, new EgressPath(site, kit.EgressPools.Sources.First(s => s.Name == "north")).Limits.MaxMessagesPerConnection.Value);

        var shown = await new RouteExplainer(kit.Options, kit.Rules, kit.Routes, kit.EgressPools, kit.Sources, kit.Families, new Random(1)).ExplainAsync(new RouteQuestion(Relay.Mail.Mailbox.Parse("a@example.com"), null, null, []), CancellationToken.None);
        Assert.Contains(new LimitExplanation("max_connections from north", "2", "site.\"example.com\".source.north"), shown.Limits);
        Assert.Contains(new LimitExplanation("max_messages_per_connection from south", "50", "egress.source.south"), shown.Limits);
        Assert.DoesNotContain(shown.Limits, l => l.Name == "max_connections from south");
    }

    /// <summary>Two sources in turn; the second one has a bound on messages per connection everywhere.</summary>
    private static DeliveryOptions WithSources(Dictionary<string, SiteOptions> ofSources) => new()
    {
        Hostname = "relay.example.org",
        Sources = new Dictionary<string, EgressSourceOptions> { ["north"] = new(), ["south"] = new() { MaxMessagesPerConnection = 50 } },
        Sites = new Dictionary<string, SiteOptions> { ["example.com"] = new() { MaxConnections = 8, Sources = ofSources } },
    };

    private static Dictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>> Limits(LimitScope scope, string name, ThrottleOptions limits) =>
        new() { [scope] = new Dictionary<string, ThrottleOptions> { [name] = limits } };

    private Task<DeliveryKit> StartedAsync(LimitScope scope, string name, ThrottleOptions limits) =>
        StartedAsync(new DeliveryOptions { Hostname = "relay.example.org", Limits = Limits(scope, name, limits) });

    private async Task<DeliveryKit> StartedAsync(DeliveryOptions options)
    {
        var kit = new DeliveryKit(options);
        foreach (var domain in new[] { "example.com", "example.net" })
        {
            kit.Zone.Mx(domain, (10, "mx." + domain)).Address("mx." + domain, "192.0.2.1");
            await kit.Routes.ResolveAsync(domain, CancellationToken.None);
        }

        kit.Dispatcher.Start((queue, job) => _started.Add((queue, job)), (lane, at) => _ready.Add((lane, at)));
        return kit;
    }

    /// <summary>Leases as the service does: when there is a plan, as many as it allows.</summary>
    private static async Task LeaseAsync(DeliveryKit kit, string domain, QueueFlow flow, int count = 1)
    {
        var route = await kit.Routes.ResolveAsync(domain, CancellationToken.None);
        if (kit.Dispatcher.PlanLease(new QueueLane(domain, flow), route, count) is { } plan)
        {
            kit.Dispatcher.Complete(plan, [.. Enumerable.Range(0, plan.Count).Select(_ => kit.Task(["a@" + domain], message: m => m with
            {
                AccountId = flow.AccountId,
                User = flow.User,
                Stream = flow.Stream,
                Tags = flow.Tag is null ? [] : [flow.Tag],
            }))]);
        }
    }

    private void EndAll(DeliveryKit kit)
    {
        foreach (var (queue, job) in _started.Where(s => s.Queue.Workers > 0).ToList())
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
