using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public class ZoneTableTests : DnsResolverContract
{
    [Fact]
    public async Task Follows_aliases_and_gives_up_on_loops()
    {
        var zone = new ZoneTable().Alias("www.test", "host.test").Address("host.test", "192.0.2.1").Alias("loop.test", "loop.test");

        Assert.True((await zone.LookupAddressesAsync("www.test", CancellationToken.None)).IsSuccess);
        Assert.Equal(DnsStatus.ServerFailure, (await zone.LookupAddressesAsync("loop.test", CancellationToken.None)).Status);
    }

    [Fact]
    public async Task Forgets_a_removed_name()
    {
        var zone = new ZoneTable().Mx("example.com", 10, "mx.example.com").Remove("example.com");

        Assert.Equal(DnsStatus.NoSuchDomain, (await zone.LookupMxAsync("example.com", CancellationToken.None)).Status);
    }

    protected override IDnsResolver ResolverFor(ZoneTable zone) => zone;
}

public class DnsCacheContractTests : DnsResolverContract
{
    protected override IDnsResolver ResolverFor(ZoneTable zone) => new DnsCache(zone, 1000, new ManualTimeProvider());
}
