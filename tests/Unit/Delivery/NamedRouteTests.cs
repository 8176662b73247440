using Relay.Delivery;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Rules, lists of next hops, LMTP and fallbacks.</summary>
public sealed class NamedRouteTests
{
    private static readonly RouteOptions Office = new() { Kind = RouteKind.Smarthost, Hosts = [new("office.test", 587)] };
    private static readonly RouteOptions Cluster = new()
    {
        Kind = RouteKind.Smarthost,
        Hosts = [new("one.test", 587, 1, 3), new("two.test", 2525, 1), new("spare.test", 25, 2)],
    };

    [Fact]
    public async Task A_rule_names_the_route_and_the_pool()
    {
        var kit = Kit(new RuleOptions { Name = "shop", Route = "office", Pool = "bulk" });

        var route = await kit.Routes.ResolveAsync("example.net#shop", CancellationToken.None);

        Assert.Equal(("office.test:587", "rule.shop: route.\"office\""), (route.Site.Name, route.Origin));
        Assert.Equal(new Limit<string?>("bulk", "rule.shop"), route.Site.Limits.Pool);
    }

    [Fact]
    public async Task A_rule_without_route_leaves_the_way_to_the_domain()
    {
        var kit = Kit(new RuleOptions { Name = "shop", Pool = "bulk" });
        kit.Zone.Mx("example.net", (10, "mx.example.net")).Address("mx.example.net", "192.0.2.1");

        var route = await kit.Routes.ResolveAsync("example.net#shop", CancellationToken.None);

        Assert.Equal((RouteKind.Mx, "bulk"), (route.Kind, route.Site.Limits.Pool.Value));
    }

    [Fact]
    public async Task Mail_of_a_rule_that_is_gone_goes_by_its_domain()
    {
        var kit = Kit();
        kit.Zone.Mx("example.net", (10, "mx.example.net")).Address("mx.example.net", "192.0.2.1");

        var route = await kit.Routes.ResolveAsync("example.net#gone", CancellationToken.None);

        Assert.Equal("MX of example.net", route.Origin);
    }

    [Theory]
    [InlineData("route:gone", "[route.\"gone\"]")]
    [InlineData("pool:gone", "[egress.pool.gone]")]
    public async Task Mail_bound_to_what_is_not_configured_any_more_waits_to_be_bound_anew(string binding, string named)
    {
        var kit = Kit();
        kit.Zone.Mx("example.net", (10, "mx.example.net")).Address("mx.example.net", "192.0.2.1");

        var route = await kit.Routes.ResolveAsync("example.net#" + binding, CancellationToken.None);

        Assert.False(route.Failure!.IsPermanent);
        Assert.Equal($"an operator bound it to {named}, which is not configured any more; 'relay queue rebind' sends it another way", route.Failure.Text);
    }

    [Fact]
    public async Task Several_hosts_keep_preference_weight_and_port_and_share_a_site()
    {
        var kit = Kit(new RuleOptions { Name = "shop", Route = "cluster" });

        var route = await kit.Routes.ResolveAsync("example.net#shop", CancellationToken.None);

        Assert.Equal("one.test:587+two.test:2525+spare.test:25", route.Site.Name);
        Assert.Equal([("one.test", 1, 3, 587), ("two.test", 1, 1, 2525), ("spare.test", 2, 1, 25)], route.Hosts.Select(h => (h.Name, h.Preference, h.Weight, h.Port!.Value)));
        var plan = DialPlan.For(route, EgressSource.SystemChosen("x.test"), new DialExclusions(), kit.Families, new Random(1));
        Assert.Equal((25, "spare.test"), (plan[^1].Port, plan[^1].Host.Name));
    }

    [Fact]
    public async Task One_host_that_can_be_found_is_enough_and_the_other_is_told()
    {
        var kit = Kit(new RuleOptions { Name = "shop", Route = "cluster" });
        kit.Zone.AddressFails("one.test", Relay.Dns.DnsStatus.Timeout);

        var route = await kit.Routes.ResolveAsync("example.net#shop", CancellationToken.None);

        Assert.Equal(["two.test", "spare.test"], route.Hosts.Select(h => h.Name));
        Assert.Contains("Timeout", route.Findings.Single(f => f.Name == "one.test").Problem, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_share_the_first_place()
    {
        var route = DeliveryKit.MxRoute("site", FakePeers.Host("a", 1, "192.0.2.1") with { Weight = 3 }, FakePeers.Host("b", 1, "192.0.2.2"));
        var (families, random) = (new FamilyMemory(new VirtualClock()), new Random(5));

        var first = Enumerable.Range(0, 4_000).Count(_ => DialPlan.For(route, EgressSource.SystemChosen("x"), new DialExclusions(), families, random)[0].Host.Name == "a");

        Assert.InRange(first, 2_850, 3_150);
    }

    [Fact]
    public async Task A_socket_is_one_target_without_tls()
    {
        var kit = Kit(new RuleOptions { Name = "box", Route = "mailbox" });

        var route = await kit.Routes.ResolveAsync("example.net#box", CancellationToken.None);

        Assert.True(route.IsRemote);
        Assert.Equal((RouteKind.Lmtp, "unix:/run/lmtp", DeliveryTlsMode.None), (route.Kind, route.Site.Name, route.Site.Limits.Tls.Value));
        var target = Assert.Single(DialPlan.For(route, EgressSource.SystemChosen("x"), new DialExclusions(), kit.Families, new Random(1)));
        Assert.Equal((null, "/run/lmtp", true), (target.Address, target.AddressText, target.Host.IsLmtp));
    }

    [Fact]
    public async Task A_fallback_is_taken_after_so_many_attempts()
    {
        var kit = Kit(new RuleOptions { Name = "shop", Route = "careful" });

        var route = await kit.Routes.ResolveAsync("example.net#shop", CancellationToken.None);

        Assert.Same(route, route.For(1));
        Assert.Equal("office.test:587", route.For(2).Site.Name);
        Assert.Null(route.For(2).Fallback);
    }

    [Fact]
    public async Task A_fallback_without_a_way_to_go_is_none()
    {
        var kit = Kit(new RuleOptions { Name = "shop", Route = "careful" });
        kit.Zone.AddressFails("office.test", Relay.Dns.DnsStatus.Timeout);

        Assert.Null((await kit.Routes.ResolveAsync("example.net#shop", CancellationToken.None)).Fallback);
    }

    [Fact]
    public async Task Leased_mail_that_failed_often_enough_joins_the_path_of_the_fallback()
    {
        var kit = Kit(new RuleOptions { Name = "shop", Route = "careful" });
        var started = new List<(SiteQueue Queue, DeliveryJob Job)>();
        kit.Dispatcher.Start((queue, job) => started.Add((queue, job)), (_, _) => { });
        var route = await kit.Routes.ResolveAsync("example.net#shop", CancellationToken.None);
        var plan = kit.Dispatcher.PlanLease(QueueLane.Of("example.net#shop"), route, 20)!;

        kit.Dispatcher.Complete(plan, [kit.Task(["a@example.net"], recipient: r => r with { Attempts = 1 }), kit.Task(["b@example.net"], recipient: r => r with { Attempts = 2 })]);

        Assert.Equal(["one.test:587", "office.test:587"], started.Select(s => s.Queue.Path.Site.Name).OrderDescending(StringComparer.Ordinal));
        Assert.All(started, s => Assert.Equal(s.Queue.Path.Site.Name, s.Job.Route.Site.Name));
    }

    [Fact]
    public async Task While_a_route_is_suspended_its_fallback_takes_all()
    {
        var kit = Kit(new RuleOptions { Name = "shop", Route = "careful" });
        var started = new List<(SiteQueue Queue, DeliveryJob Job)>();
        kit.Dispatcher.Start((queue, job) => started.Add((queue, job)), (_, _) => { });
        var route = await kit.Routes.ResolveAsync("example.net#shop", CancellationToken.None);
        for (var i = 0; i < 5; i++)
        {
            kit.Dispatcher.Complete(kit.Dispatcher.PlanLease(QueueLane.Of("example.net#shop"), route, 20)!, [kit.Task(["a@example.net"])]);
        }

        started.ForEach(s => kit.Dispatcher.JobEnded(s.Queue, s.Job, SiteFeedback.Failure("connection refused", null)));

        Assert.Equal("office.test:587", kit.Dispatcher.PlanLease(QueueLane.Of("example.net#shop"), route, 20)!.Route.Site.Name);
        Assert.True(kit.Dispatcher.TryReserve("example.net#shop", QueueFlow.Default, 1));
    }

    [Theory]
    [InlineData("box.test")]
    [InlineData("kept.test")]
    [InlineData("nowhere.test")]
    public async Task What_needs_no_address_of_ours_names_no_sources(string domain)
    {
        var kit = new DeliveryKit(new DeliveryOptions
        {
            Hostname = "relay.example.org",
            Sources = new Dictionary<string, EgressSourceOptions> { ["north"] = new() },
            Routes = new Dictionary<string, RouteOptions>
            {
                ["box.test"] = new() { Kind = RouteKind.Lmtp, Socket = "/run/mail/lmtp" },
                ["kept.test"] = new() { Kind = RouteKind.Capture },
            },
        });

        var told = await new RouteExplainer(kit.Options, kit.Rules, kit.Routes, kit.EgressPools, kit.Sources, kit.Families, new Random(1))
            .ExplainAsync(new RouteQuestion(Relay.Mail.Mailbox.Parse("a@" + domain), null, null, []), CancellationToken.None);

        Assert.Empty(told.Sources);
        Assert.Null(told.Pool);
    }

    [Fact]
    public async Task The_explanation_tells_rule_hosts_order_sources_and_limits()
    {
        var kit = Kit(new RuleOptions { Name = "first", Users = ["bank"], Route = "office" }, new RuleOptions { Name = "shop", Users = ["shop"], Route = "careful", Pool = "bulk" });
        var explainer = new RouteExplainer(kit.Options, kit.Rules, kit.Routes, kit.EgressPools, kit.Sources, kit.Families, new Random(1));

        var answer = await explainer.ExplainAsync(new RouteQuestion(Relay.Mail.Mailbox.Parse("bob@example.net"), null, "shop", []), CancellationToken.None);

        Assert.Equal([("first", "the user is shop"), ("shop", null)], answer.Rules.Select(r => (r.Name, r.Mismatch)));
        Assert.Equal(("example.net#shop", "rule.shop: route.\"careful\"", "bulk"), (answer.QueueKey, answer.Decision, answer.Pool));
        Assert.Equal([("a", 3), ("b", 1)], answer.Sources.Select(s => (s.Name, s.Weight)));
        Assert.Equal("one.test [192.0.2.1] port 587", Assert.Single(answer.DialOrder));
        Assert.Equal((2, "fallback route.\"office\" of rule.shop: route.\"careful\""), (answer.FallbackAfter, answer.Fallback));
        Assert.Contains(answer.Limits, l => l.Name == "max_connections" && l.Value == "20");
    }

    private static DeliveryKit Kit(params RuleOptions[] rules)
    {
        var kit = new DeliveryKit(new DeliveryOptions
        {
            Hostname = "relay.example.org",
            Rules = rules,
            Routes = new Dictionary<string, RouteOptions>
            {
                ["office"] = Office,
                ["cluster"] = Cluster,
                ["mailbox"] = new() { Kind = RouteKind.Lmtp, Socket = "/run/lmtp" },
                ["careful"] = new() { Kind = RouteKind.Smarthost, Hosts = [new("one.test", 587)], Fallback = "office", FallbackAfter = 2 },
            },
            Sources = new Dictionary<string, EgressSourceOptions> { ["a"] = new() { Ipv4 = System.Net.IPAddress.Parse("192.0.2.10") }, ["b"] = new() { Ipv4 = System.Net.IPAddress.Parse("192.0.2.11") } },
            Pools = new Dictionary<string, IReadOnlyDictionary<string, int>>
            {
                ["default"] = new Dictionary<string, int> { ["a"] = 1 },
                ["bulk"] = new Dictionary<string, int> { ["a"] = 3, ["b"] = 1 },
            },
            DefaultPool = "default",
        });
        kit.Local.Addresses.UnionWith([System.Net.IPAddress.Parse("192.0.2.10"), System.Net.IPAddress.Parse("192.0.2.11")]);
        kit.Zone.Address("one.test", "192.0.2.1").Address("two.test", "192.0.2.2").Address("spare.test", "192.0.2.3").Address("office.test", "192.0.2.4");
        return kit;
    }
}
