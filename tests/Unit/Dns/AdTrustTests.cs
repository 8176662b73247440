using System.Net;
using Relay.Dns;
using Xunit;

namespace Relay.Tests.Unit;

public class AdTrustTests
{
    [Theory]
    [InlineData("loopback", "127.0.0.53", true)]
    [InlineData("loopback", "::1", true)]
    [InlineData("loopback", "192.0.2.53", false)]
    [InlineData("none", "127.0.0.1", false)]
    [InlineData("192.0.2.53, 2001:db8::53", "192.0.2.53", true)]
    [InlineData("192.0.2.53, 2001:db8::53", "2001:db8::53", true)]
    [InlineData("192.0.2.53", "127.0.0.1", false)]
    public void Believes_whom_it_was_told_to(string text, string server, bool expected)
    {
        Assert.True(AdTrust.TryParse(text, out var trust));
        Assert.Equal(expected, trust.Trusts(IPAddress.Parse(server)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("all")]
    [InlineData("192.0.2.53,")]
    [InlineData("localhost")]
    public void Refuses_other_words(string text)
    {
        Assert.False(AdTrust.TryParse(text, out _));
    }
}
