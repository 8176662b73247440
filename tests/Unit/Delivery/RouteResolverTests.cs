using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class RouteResolverTests
{
    private static readonly DeliveryOptions Plain = new() { Hostname = "relay.example.org" };

    [Fact]
    public async Task Goes_by_mx_where_nothing_is_configured()
    {
        var kit = new DeliveryKit();
        kit.Zone.Mx("example.com", (10, "mx.example.net")).Address("mx.example.net", "192.0.2.1");

        var route = await kit.Routes.ResolveAsync("example.com", CancellationToken.None);

        Assert.Equal((RouteKind.Mx, "example.net", "MX of example.com"), (route.Kind, route.Site.Name, route.Origin));
        Assert.True(route.IsRemote);
        Assert.Equal(25, route.Site.Limits.Port.Value);
    }

    [Fact]
    public async Task A_less_preferred_host_of_somebody_else_is_told_from_those_of_the_site()
    {
        var kit = new DeliveryKit();
        kit.Zone.Mx("example.com", (10, "mx1.example.net"), (20, "mx2.example.net"), (30, "mx.example.org"))
            .Address("mx1.example.net", "192.0.2.1").Address("mx2.example.net", "192.0.2.2").Address("mx.example.org", "192.0.2.3");

        var route = await kit.Routes.ResolveAsync("example.com", CancellationToken.None);

        Assert.Equal("example.net", route.Site.Name);
        Assert.Equal(["mx.example.org"], route.Hosts.Where(h => h.IsForeign).Select(h => h.Name));
    }

    [Theory]
    [InlineData("sub.example.com", "by-domain")]
    [InlineData("other.example.com", "by-parent")]
    [InlineData("deep.other.example.com", "by-parent")]
    [InlineData("example.net", "by-star")]
    public async Task The_most_specific_configured_route_wins(string key, string expected)
    {
        var kit = new DeliveryKit(Plain with
        {
            Routes = new Dictionary<string, RouteOptions>
            {
                ["sub.example.com"] = Smarthost("by-domain"),
                [".example.com"] = Smarthost("by-parent"),
                ["*"] = Smarthost("by-star"),
            },
        });
        kit.Zone.Address("by-domain", "192.0.2.1").Address("by-parent", "192.0.2.2").Address("by-star", "192.0.2.3");

        var route = await kit.Routes.ResolveAsync(key, CancellationToken.None);

        Assert.Equal(expected + ":587", route.Site.Name);
        Assert.Equal(DeliveryTlsMode.Opportunistic, route.Site.Limits.Tls.Value);
    }

    [Fact]
    public async Task A_login_is_never_sent_in_clear_unless_somebody_says_so()
    {
        var kit = new DeliveryKit(Plain with
        {
            Routes = new Dictionary<string, RouteOptions> { ["*"] = Smarthost("smarthost.test") with { Login = "me", Password = "secret" } },
        });
        kit.Zone.Address("smarthost.test", "192.0.2.1");

        var route = await kit.Routes.ResolveAsync("example.com", CancellationToken.None);

        Assert.Equal(new Limit<DeliveryTlsMode>(DeliveryTlsMode.Required, "route.\"*\""), route.Site.Limits.Tls);
        Assert.DoesNotContain("secret", route.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_smarthost_has_its_own_port_whatever_sites_say()
    {
        var kit = new DeliveryKit(Plain with
        {
            SiteDefaults = SiteOptions.Default with { Port = 25 },
            Routes = new Dictionary<string, RouteOptions> { ["*"] = Smarthost("smarthost.test") },
        });
        kit.Zone.Address("smarthost.test", "192.0.2.1");

        var route = await kit.Routes.ResolveAsync("example.com", CancellationToken.None);

        Assert.Equal(new Limit<int>(587, "route.\"*\""), route.Site.Limits.Port);
    }

    [Fact]
    public async Task Released_mail_passes_sandbox_and_capture_routes()
    {
        var routes = new Dictionary<string, RouteOptions>
        {
            ["example.net"] = new() { Kind = RouteKind.Capture },
            ["*"] = new() { Kind = RouteKind.Smarthost, Hosts = [new NextHopOptions("192.0.2.7", 25, 1, 1)] },
        };
        var kit = new DeliveryKit(Plain with { Sandbox = true, Routes = routes });

        var kept = await kit.Routes.ResolveAsync("example.net", CancellationToken.None);
        var released = await kit.Routes.ResolveAsync("example.net#" + Submission.DeliverRule, CancellationToken.None);

        Assert.Equal(RouteKind.Capture, kept.Kind);
        Assert.Equal((RouteKind.Smarthost, "route.\"*\""), (released.Kind, released.Origin));
    }

    [Fact]
    public async Task Received_mail_is_kept_in_the_sandbox_until_it_is_released()
    {
        var kit = new DeliveryKit(new DeliveryOptions { Hostname = "relay.example.org", Sandbox = true });
        var domain = DomainName.Parse("in.example");

        var kept = await kit.Routes.ResolveAsync(OwnKeys.Received(domain), CancellationToken.None);
        var released = await kit.Routes.ResolveAsync(OwnKeys.Received(domain, isReal: true), CancellationToken.None);

        Assert.Equal((RouteKind.Capture, RouteKind.Received, "inbound.\"in.example\""), (kept.Kind, released.Kind, released.Origin));
        Assert.Equal("in.example", OwnKeys.ReceivedDomain(OwnKeys.Received(domain, isReal: true)));
    }

    [Fact]
    public async Task The_sandbox_captures_everything_but_the_simulator()
    {
        var kit = new DeliveryKit(Plain with { Sandbox = true });

        var normal = await kit.Routes.ResolveAsync("example.com", CancellationToken.None);
        var simulator = await kit.Routes.ResolveAsync("simulator.relay.test", CancellationToken.None);

        Assert.Equal((RouteKind.Capture, "sandbox"), (normal.Kind, normal.Origin));
        Assert.Equal(RouteKind.Simulator, simulator.Kind);
        Assert.Equal(0, kit.Zone.Lookups);
    }

    [Fact]
    public async Task The_simulator_leaves_its_mail_to_a_route_that_an_operator_bound_it_to_and_to_no_rule()
    {
        var kit = new DeliveryKit(Plain with
        {
            Routes = new Dictionary<string, RouteOptions> { ["keep"] = new() { Kind = RouteKind.Capture }, ["*"] = new() { Kind = RouteKind.Discard } },
            Rules = [new RuleOptions { Name = "all", Route = "keep" }],
        });

        async Task<RouteKind> KindAsync(string binding) =>
            (await kit.Routes.ResolveAsync("simulator.relay.test#" + binding, CancellationToken.None)).Kind;

        Assert.Equal(RouteKind.Capture, await KindAsync("route:keep"));
        Assert.Equal(RouteKind.Simulator, await KindAsync("route:gone"));
        Assert.Equal(RouteKind.Simulator, await KindAsync("pool:a"));
        Assert.Equal(RouteKind.Simulator, await KindAsync("all"));
    }

    [Fact]
    public async Task An_address_literal_is_dialled_as_it_stands()
    {
        var kit = new DeliveryKit();

        var four = await kit.Routes.ResolveAsync("[192.0.2.7]", CancellationToken.None);
        var six = await kit.Routes.ResolveAsync("[IPv6:2001:db8::7]", CancellationToken.None);
        var inside = await kit.Routes.ResolveAsync("[10.0.0.7]", CancellationToken.None);

        Assert.Equal("192.0.2.7", four.Hosts[0].Addresses[0].ToString());
        Assert.Equal("2001:db8::7", six.Hosts[0].Addresses[0].ToString());
        Assert.True(inside.Failure!.IsPermanent);
    }

    [Fact]
    public async Task An_internal_key_without_a_route_waits()
    {
        var route = await new DeliveryKit().Routes.ResolveAsync("@bounces", CancellationToken.None);

        Assert.Equal("4.3.5", route.Failure!.Status.ToString());
        Assert.False(route.IsRemote);
    }

    [Fact]
    public async Task Limits_come_from_the_nearest_level_and_say_so()
    {
        var kit = new DeliveryKit(Plain with
        {
            SiteDefaults = new SiteOptions { MaxConnections = 7 },
            Sites = new Dictionary<string, SiteOptions>
            {
                ["example.net"] = new() { MaxConnections = 3, MaxMessagesPerConnection = 9 },
                ["example.com"] = new() { MaxConnections = 2 },
            },
        });
        kit.Zone.Mx("example.com", (10, "mx.example.net")).Mx("other.test", (10, "mx.example.net")).Address("mx.example.net", "192.0.2.1");

        var own = await kit.Routes.ResolveAsync("example.com", CancellationToken.None);
        var other = await kit.Routes.ResolveAsync("other.test", CancellationToken.None);

        Assert.Equal("example.com", own.Site.Name);
        Assert.Equal(new Limit<int>(2, "site.\"example.com\""), own.Site.Limits.MaxConnections);
        Assert.Equal(new Limit<int>(9, "site.\"example.net\""), own.Site.Limits.MaxMessagesPerConnection);
        Assert.Equal("example.net", other.Site.Name);
        Assert.Equal(new Limit<int>(3, "site.\"example.net\""), other.Site.Limits.MaxConnections);
        Assert.Equal(new Limit<int>(100, "built in"), other.Site.Limits.MaxRecipientsPerTransaction);
    }

    [Fact]
    public async Task Facts_are_kept_for_a_bounded_time_and_temporary_failures_for_a_shorter_one()
    {
        var kit = new DeliveryKit();
        kit.Zone.Mx("example.com", (10, "mx.example.net")).Address("mx.example.net", "192.0.2.1").MxFails("slow.test", Relay.Dns.DnsStatus.Timeout);
        await kit.Routes.ResolveAsync("example.com", CancellationToken.None);
        await kit.Routes.ResolveAsync("slow.test", CancellationToken.None);

        kit.Clock.Advance(TimeSpan.FromSeconds(20));
        Assert.True(kit.Routes.TryGetKnown("example.com", out _));
        Assert.False(kit.Routes.TryGetKnown("slow.test", out _));

        kit.Clock.Advance(TimeSpan.FromMinutes(5));
        Assert.False(kit.Routes.TryGetKnown("example.com", out _));
    }

    private static RouteOptions Smarthost(string host) => new() { Kind = RouteKind.Smarthost, Hosts = [new NextHopOptions(host, 587)] };
}
