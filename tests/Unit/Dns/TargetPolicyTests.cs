using System.Net;
using Relay.Dns;
using Xunit;

namespace Relay.Tests.Unit;

public class TargetPolicyTests
{
    private static readonly TargetPolicy Public = new(allowPrivate: false, []);

    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("198.17.255.255")]
    [InlineData("198.20.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("::ffff:1.1.1.1")]
    [InlineData("64:ff9b::1.1.1.1")]
    [InlineData("2002:101:101::1")]
    [InlineData("2001:0:101:101::fefe:fefe")]
    public void Public_addresses_may_be_dialled(string address)
    {
        Assert.True(Public.Allows(IPAddress.Parse(address), out var reason));
        Assert.Empty(reason);
    }

    [Theory]
    [InlineData("0.0.0.0", "unspecified")]
    [InlineData("0.1.2.3", "unspecified")]
    [InlineData("127.0.0.1", "loopback")]
    [InlineData("127.255.255.255", "loopback")]
    [InlineData("10.0.0.1", "private")]
    [InlineData("172.16.0.1", "private")]
    [InlineData("172.31.255.255", "private")]
    [InlineData("192.168.1.1", "private")]
    [InlineData("169.254.169.254", "link-local")]
    [InlineData("100.64.0.1", "carrier")]
    [InlineData("100.127.255.255", "carrier")]
    [InlineData("192.0.0.8", "protocol assignments")]
    [InlineData("192.0.2.1", "documentation")]
    [InlineData("198.51.100.1", "documentation")]
    [InlineData("203.0.113.1", "documentation")]
    [InlineData("198.18.0.1", "benchmarking")]
    [InlineData("198.19.255.255", "benchmarking")]
    [InlineData("192.88.99.1", "6to4")]
    [InlineData("224.0.0.1", "multicast")]
    [InlineData("239.255.255.255", "multicast")]
    [InlineData("240.0.0.1", "reserved")]
    [InlineData("255.255.255.255", "broadcast")]
    [InlineData("::", "unspecified")]
    [InlineData("::1", "loopback")]
    [InlineData("fe80::1", "link-local")]
    [InlineData("fe80::1%2", "link-local")]
    [InlineData("fec0::1", "site-local")]
    [InlineData("fc00::1", "unique local")]
    [InlineData("fdff::1", "unique local")]
    [InlineData("ff02::1", "multicast")]
    [InlineData("2001:db8::1", "documentation")]
    [InlineData("3fff::1", "documentation")]
    [InlineData("2001:2::1", "benchmarking")]
    [InlineData("2001:20::1", "ORCHID")]
    [InlineData("100::1", "discard")]
    [InlineData("64:ff9b:1::1", "local NAT64")]
    [InlineData("4000::1", "outside the global unicast range")]
    [InlineData("::ffff:127.0.0.1", "loopback")]
    [InlineData("::ffff:10.0.0.1", "private")]
    [InlineData("::127.0.0.1", "loopback")]
    [InlineData("::10.0.0.1", "private")]
    [InlineData("::ffff:0:10.0.0.1", "private")]
    [InlineData("64:ff9b::10.0.0.1", "private")]
    [InlineData("64:ff9b::169.254.169.254", "link-local")]
    [InlineData("2002:a00:1::1", "private")]
    [InlineData("2002:7f00:1::1", "loopback")]
    [InlineData("2001:0:101:101::f5ff:fffe", "private")] // Teredo client 10.0.0.1
    [InlineData("2001:0:7f00:1::fefe:fefe", "loopback")] // Teredo server 127.0.0.1
    public void Special_addresses_are_refused_with_a_reason(string address, string reason)
    {
        Assert.False(Public.Allows(IPAddress.Parse(address), out var sentence));
        Assert.Contains(reason, sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void The_reason_is_a_sentence()
    {
        Public.Allows(IPAddress.Parse("10.0.0.1"), out var plain);
        Public.Allows(IPAddress.Parse("64:ff9b::10.0.0.1"), out var embedded);

        Assert.Equal("10.0.0.1 is a private address and may not be connected to", plain);
        Assert.EndsWith("is a form of 10.0.0.1, a private address, and may not be connected to", embedded, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("127.0.0.1", true)]
    [InlineData("10.0.0.1", true)]
    [InlineData("169.254.1.1", true)]
    [InlineData("::1", true)]
    [InlineData("fd00::1", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("::", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("ff02::1", false)]
    [InlineData("::ffff:224.0.0.1", false)]
    public void Closed_networks_may_allow_every_unicast_address(string address, bool expected)
    {
        Assert.Equal(expected, new TargetPolicy(allowPrivate: true, []).Allows(IPAddress.Parse(address), out _));
    }

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("10.2.0.0", false)]
    [InlineData("192.168.0.1", false)]
    [InlineData("fd00:1::1", true)]
    [InlineData("fd00:2::1", false)]
    [InlineData("224.0.0.1", false)]
    public void Listed_networks_are_allowed_and_no_others(string address, bool expected)
    {
        var policy = new TargetPolicy(
            allowPrivate: false, [IPNetwork.Parse("10.1.0.0/16"), IPNetwork.Parse("fd00:1::/32"), IPNetwork.Parse("224.0.0.0/4")]);

        Assert.Equal(expected, policy.Allows(IPAddress.Parse(address), out _));
    }
}
