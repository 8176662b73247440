using System.Net;
using Relay.Dns;
using Xunit;

namespace Relay.Tests.Unit;

public class ResolverOptionsTests
{
    [Fact]
    public void Values_outside_their_ranges_are_refused()
    {
        var server = new IPEndPoint(IPAddress.Loopback, 53);
        var valid = new ResolverOptions { Servers = [server] };

        Refuses(valid with { Timeout = TimeSpan.Zero });
        Refuses(valid with { Timeout = TimeSpan.FromMinutes(2) });
        Refuses(valid with { Attempts = 0 });
        Refuses(valid with { Attempts = 11 });
        Refuses(valid with { CacheEntries = -1 });
        Refuses(valid with { Servers = [.. Enumerable.Repeat(server, 17)] });
    }

    private static void Refuses(ResolverOptions options) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new StubResolver(options, TimeProvider.System));
}
