using System.Net;
using Relay.Dns;
using Xunit;

namespace Relay.Tests.Unit;

public class DnsNameTests
{
    [Theory]
    [InlineData("example.com")]
    [InlineData("_25._tcp.mx.example.com")]
    [InlineData("-odd-.example.com")]
    [InlineData("xn--bcher-kva.example")]
    [InlineData("com")]
    public void Asks_for_host_names_and_service_names(string name)
    {
        Assert.True(DnsName.IsHostText(name));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("example.com.")]
    [InlineData(".example.com")]
    [InlineData("a..b")]
    [InlineData("a b")]
    [InlineData("a\\046b")]
    [InlineData("a/b")]
    [InlineData("bücher.example")]
    [InlineData("a\r\nb")]
    public void Does_not_ask_for_anything_else(string name)
    {
        Assert.False(DnsName.IsHostText(name));
    }

    [Fact]
    public void Labels_end_at_63_and_names_at_253_characters()
    {
        var label = new string('a', 63);

        Assert.True(DnsName.IsHostText(label));
        Assert.False(DnsName.IsHostText(label + "a"));
        Assert.True(DnsName.IsHostText($"{label}.{label}.{label}.{new string('a', 61)}"));
        Assert.False(DnsName.IsHostText($"{label}.{label}.{label}.{new string('a', 62)}"));
    }

    [Theory]
    [InlineData("192.0.2.10", "10.2.0.192.in-addr.arpa")]
    [InlineData("::ffff:192.0.2.10", "10.2.0.192.in-addr.arpa")]
    [InlineData("2001:db8::567:89ab", "b.a.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa")]
    public void Reverses_addresses(string address, string name)
    {
        Assert.Equal(name, DnsName.Reverse(IPAddress.Parse(address)));
    }
}
