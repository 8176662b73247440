using Relay.Dns;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

public sealed class StubResolverContractTests : DnsResolverContract, IAsyncLifetime
{
    private ScriptedDnsServer? _server;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }
    }

    protected override IDnsResolver ResolverFor(ZoneTable zone)
    {
        _server = ZoneServer.Start(zone);
        return new StubResolver(new ResolverOptions { Servers = [_server.EndPoint] }, new ManualTimeProvider());
    }
}
