using System.Net;
using Relay.Delivery;
using Relay.Dns;

namespace Relay.Bench.Simulation;

/// <summary>The DNS of the simulated world: answers at once.</summary>
internal sealed class SimulatedZone(World world) : IDnsResolver, ILocalAddresses
{
    private static readonly TimeSpan Life = TimeSpan.FromHours(1);

    private readonly Dictionary<string, string> _hosts = world.Domains.ToDictionary(d => d.Name, d => d.Host);

    public ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new DnsAnswer<MxRecord>(DnsStatus.Success, [new MxRecord(10, _hosts[name])]) { TimeToLive = Life });

    public ValueTask<DnsAnswer<AddressRecord>> LookupAddressesAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new DnsAnswer<AddressRecord>(DnsStatus.Success, [new AddressRecord(IPAddress.Parse("192.0.2.1"))]) { TimeToLive = Life });

    public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new DnsAnswer<TxtRecord>(DnsStatus.NoData, []));

    public ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new DnsAnswer<TlsaRecord>(DnsStatus.NoData, []));

    public ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new DnsAnswer<PtrRecord>(DnsStatus.NoData, []));

    public bool Contains(IPAddress address) => true;
}
