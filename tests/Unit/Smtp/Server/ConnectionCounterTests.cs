using System.Net;
using Relay.Smtp.Server;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ConnectionCounterTests
{
    [Fact]
    public void Refuses_beyond_the_total_and_takes_again_after_a_leave()
    {
        var counter = Counter(2, 10);
        Assert.Equal((int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse("192.0.2.1")));
        Assert.Equal((int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse("192.0.2.2")));
        Assert.Equal((int)ConnectionCounter.Verdict.TooMany, counter.Enter(IPAddress.Parse("192.0.2.3")));
        counter.Leave(IPAddress.Parse("192.0.2.1"));
        Assert.Equal((int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse("192.0.2.3")));
        Assert.Equal(2, counter.Total);
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.1")]
    [InlineData("192.0.2.1", "::ffff:192.0.2.1")]
    [InlineData("2001:db8::1", "2001:db8::ffff")]
    public void Counts_one_network_together(string first, string second)
    {
        var counter = Counter(10, 1);
        Assert.Equal((int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse(first)));
        Assert.Equal((int)ConnectionCounter.Verdict.TooManyFromAddress, counter.Enter(IPAddress.Parse(second)));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.2")]
    [InlineData("2001:db8::1", "2001:db8:0:1::1")]
    public void Counts_different_networks_apart(string first, string second)
    {
        var counter = Counter(10, 1);
        Assert.Equal((int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse(first)));
        Assert.Equal((int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse(second)));
    }

    [Theory]
    [InlineData("192.0.2.1", "192.0.2.99", true)]
    [InlineData("192.0.2.1", "192.0.3.1", false)]
    [InlineData("2001:db8:1:1::1", "2001:db8:1:2::1", true)]
    [InlineData("2001:db8:1::1", "2001:db8:2::1", false)]
    public void Counts_the_network_around_an_address(string first, string second, bool isSame)
    {
        var counter = Counter(10, 10, 1);
        Assert.Equal((int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse(first)));
        Assert.Equal(isSame ? (int)ConnectionCounter.Verdict.TooManyFromNetwork : (int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse(second)));
        counter.Leave(IPAddress.Parse(first));
        Assert.Equal((int)ConnectionCounter.Verdict.Accepted, counter.Enter(IPAddress.Parse(first)));
    }

    private static Counted Counter(int total, int perAddress, int perNetwork = 100) => new(
        new SmtpServerLimits { MaxConnections = total, MaxConnectionsPerAddress = perAddress, MaxConnectionsPerNetwork = perNetwork });

    private sealed class Counted(SmtpServerLimits limits)
    {
        private readonly ConnectionCounter _counter = new();

        public int Total => _counter.Total;

        public int Enter(IPAddress address) => (int)_counter.Enter(address, limits);

        public void Leave(IPAddress address) => _counter.Leave(address);
    }
}
