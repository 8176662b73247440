using Relay.Delivery;
using Relay.Dns;
using Relay.Mail;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MxResolverTests
{
    private readonly FakeZone _zone = new();

    [Fact]
    public async Task Orders_hosts_by_preference_and_interleaves_address_families()
    {
        _zone.Mx("example.com", (20, "b.example.com"), (10, "a.example.com"))
            .Address("a.example.com", "192.0.2.1", "192.0.2.2", "2001:db8::1")
            .Address("b.example.com", "192.0.2.3");

        var result = await ResolveAsync("example.com");

        Assert.Equal(["a.example.com", "b.example.com"], result.Hosts.Select(h => h.Name));
        Assert.Equal(["2001:db8::1", "192.0.2.1", "192.0.2.2"], result.Hosts[0].Addresses.Select(a => a.ToString()));
    }

    [Fact]
    public async Task Uses_the_domain_itself_when_it_has_no_mx()
    {
        _zone.Address("example.com", "192.0.2.1");

        var result = await ResolveAsync("example.com");

        Assert.Equal("example.com", Assert.Single(result.Hosts).Name);
    }

    [Fact]
    public async Task Keeps_ipv6_out_where_it_is_off()
    {
        _zone.Mx("example.com", (10, "a.example.com")).Address("a.example.com", "2001:db8::1", "192.0.2.1");

        var result = await ResolveAsync("example.com", ipv6: false);

        Assert.Equal("192.0.2.1", Assert.Single(result.Hosts[0].Addresses).ToString());
    }

    [Fact]
    public async Task Skips_hosts_without_address()
    {
        _zone.Mx("example.com", (10, "gone.example.com"), (20, "b.example.com")).Address("b.example.com", "192.0.2.1");

        var result = await ResolveAsync("example.com");

        Assert.Equal("b.example.com", Assert.Single(result.Hosts).Name);
    }

    [Fact]
    public async Task Drops_own_host_and_everything_not_more_preferred()
    {
        _zone.Mx("example.com", (10, "a.example.com"), (20, "RELAY.example.org"), (20, "b.example.com"), (30, "c.example.com"))
            .Address("a.example.com", "192.0.2.1").Address("b.example.com", "192.0.2.2").Address("c.example.com", "192.0.2.3");

        var result = await ResolveAsync("example.com");

        Assert.Equal("a.example.com", Assert.Single(result.Hosts).Name);
    }

    [Theory]
    [InlineData("nowhere.test", "5.1.2", "bad-domain")]
    [InlineData("null.test", "5.1.10", "bad-domain")]
    [InlineData("loop.test", "5.4.6", "routing")]
    [InlineData("relay.example.org", "5.4.6", "routing")]
    [InlineData("empty.test", "5.4.4", "bad-domain")]
    [InlineData("dead-hosts.test", "5.4.4", "bad-domain")]
    [InlineData("servfail.test", "4.4.3", "dns")]
    [InlineData("timeout.test", "4.4.3", "dns")]
    [InlineData("host-timeout.test", "4.4.3", "dns")]
    [InlineData("private.test", "4.4.4", "routing")]
    public async Task Tells_why_there_is_no_host(string domain, string status, string bounceClass)
    {
        _zone.Mx("null.test", (0, string.Empty))
            .Mx("loop.test", (10, "relay.example.org"), (20, "other.test")).Address("other.test", "192.0.2.1").Address("relay.example.org", "192.0.2.9")
            .MxFails("empty.test", DnsStatus.NoData).AddressFails("empty.test", DnsStatus.NoData)
            .Mx("dead-hosts.test", (10, "a.dead-hosts.test"))
            .MxFails("servfail.test", DnsStatus.ServerFailure)
            .MxFails("timeout.test", DnsStatus.Timeout)
            .Mx("host-timeout.test", (10, "a.gone.test"), (20, "b.slow.test")).AddressFails("b.slow.test", DnsStatus.Timeout)
            .Mx("private.test", (10, "intern.test")).Address("intern.test", "10.0.0.1");

        var result = await ResolveAsync(domain);

        Assert.Empty(result.Hosts);
        Assert.Equal(status, result.Failure!.Status.ToString());
        Assert.Equal(bounceClass, result.Failure.Class);
        Assert.Contains(domain, result.Failure.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waits_when_the_only_hosts_speak_a_family_that_is_off_here()
    {
        _zone.Mx("example.com", (10, "a.example.com")).Address("a.example.com", "2001:db8::1");

        var result = await ResolveAsync("example.com", ipv6: false);

        Assert.False(result.Failure!.IsPermanent);
    }

    [Fact]
    public async Task Configured_hosts_may_be_private_and_addresses()
    {
        _zone.Address("gateway.test", "10.0.0.1");
        var resolver = Resolver(ipv6: true);

        var byName = await resolver.ResolveHostAsync("gateway.test", CancellationToken.None);
        var byAddress = await resolver.ResolveHostAsync("127.0.0.1", CancellationToken.None);

        Assert.True(Assert.Single(byName.Hosts).IsConfigured);
        Assert.Equal("127.0.0.1", byAddress.Hosts[0].Addresses[0].ToString());
    }

    [Theory]
    [InlineData("0.0.0.0:25", "192.0.2.200", true)]
    [InlineData("[::]:25", "192.0.2.200", true)]
    [InlineData("[::]:25", "2001:db8::200", true)]
    [InlineData("0.0.0.0:25", "2001:db8::200", false)]
    [InlineData("192.0.2.200:25", "192.0.2.200", true)]
    [InlineData("192.0.2.200:2525", "192.0.2.200", false)]
    [InlineData("0.0.0.0:25", "192.0.2.1", false)]
    public async Task Knows_its_own_listeners_by_address_and_port(string listener, string target, bool isOwn)
    {
        _zone.Mx("example.com", (10, "a.example.com")).Address("a.example.com", target);
        var options = new DeliveryOptions { Hostname = "relay.example.org", Listeners = [System.Net.IPEndPoint.Parse(listener)] };

        var result = await Resolver(ipv6: true, options).ResolveAsync(DomainName.Parse("example.com"), 25, CancellationToken.None);

        Assert.Equal(isOwn, result.Failure?.Status.ToString() == "5.4.6");
    }

    [Fact]
    public async Task Drops_hosts_not_preferred_over_one_with_our_own_address()
    {
        _zone.Mx("example.com", (10, "a.example.com"), (20, "alias.example.com"), (20, "b.example.com"), (30, "c.example.com"))
            .Address("a.example.com", "192.0.2.1").Address("alias.example.com", "198.51.100.7").Address("b.example.com", "192.0.2.2").Address("c.example.com", "192.0.2.3");
        var options = new DeliveryOptions { Hostname = "relay.example.org", OwnAddresses = [System.Net.IPAddress.Parse("198.51.100.7")] };

        var result = await Resolver(ipv6: true, options).ResolveAsync(DomainName.Parse("example.com"), 25, CancellationToken.None);

        Assert.Equal("a.example.com", Assert.Single(result.Hosts).Name);
        Assert.Equal(3, result.Findings.Count(f => f.Problem is not null));
    }

    [Fact]
    public async Task A_domain_without_mx_whose_address_is_ours_is_a_loop()
    {
        _zone.Address("example.com", "198.51.100.7");
        var options = new DeliveryOptions { Hostname = "relay.example.org", OwnAddresses = [System.Net.IPAddress.Parse("198.51.100.7")] };

        var result = await Resolver(ipv6: true, options).ResolveAsync(DomainName.Parse("example.com"), 25, CancellationToken.None);

        Assert.Equal("5.4.6", result.Failure!.Status.ToString());
    }

    [Fact]
    public async Task Follows_aliases_of_domains_and_hosts()
    {
        var zone = new Support.ZoneTable()
            .Alias("example.com", "example.net").Mx("example.net", 10, "mx.example.net")
            .Alias("mx.example.net", "real.example.net").Address("real.example.net", "192.0.2.1");
        var resolver = new MxResolver(zone, Allows, new OwnHost(new DeliveryOptions { Hostname = "relay.example.org" }, new FakeLocalAddresses()), useIpv6: true);

        var result = await resolver.ResolveAsync(DomainName.Parse("example.com"), 25, CancellationToken.None);

        Assert.Equal(("mx.example.net", "192.0.2.1"), (result.Hosts[0].Name, result.Hosts[0].Addresses[0].ToString()));
    }

    [Fact]
    public async Task Tells_the_code_that_the_null_mx_stands_for()
    {
        _zone.Mx("null.test", (0, string.Empty));

        var result = await ResolveAsync("null.test");

        Assert.EndsWith("accepts no mail (null MX, 556)", result.Failure!.Text, StringComparison.Ordinal);
        Assert.True(result.Failure.IsPermanent);
    }

    [Fact]
    public async Task Keeps_the_verdict_on_every_address()
    {
        _zone.Mx("example.com", (10, "a.example.com")).Address("a.example.com", "192.0.2.1", "10.0.0.1", "2001:db8::1");

        var result = await ResolveAsync("example.com", ipv6: false);

        Assert.Equal(
            [("2001:db8::1", false), ("192.0.2.1", true), ("10.0.0.1", false)],
            result.Findings[0].Addresses.Select(a => (a.Address.ToString(), a.Refusal is null)));
    }

    private ValueTask<MxResult> ResolveAsync(string domain, bool ipv6 = true) =>
        Resolver(ipv6).ResolveAsync(DomainName.Parse(domain), 25, CancellationToken.None);

    private MxResolver Resolver(bool ipv6, DeliveryOptions? options = null) =>
        new(_zone, Allows, new OwnHost(options ?? new DeliveryOptions { Hostname = "relay.example.org" }, new FakeLocalAddresses("192.0.2.200", "2001:db8::200")), ipv6);

    private static bool Allows(System.Net.IPAddress address, out string reason)
    {
        reason = "private";
        return !address.ToString().StartsWith("10.", StringComparison.Ordinal);
    }
}
