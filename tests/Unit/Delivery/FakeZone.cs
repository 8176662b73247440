using System.Net;
using Relay.Dns;

namespace Relay.Tests.Unit;

/// <summary>A resolver over a table; names without an entry do not exist.</summary>
internal sealed class FakeZone : IDnsResolver
{
    private readonly Dictionary<string, DnsAnswer<MxRecord>> _mx = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DnsAnswer<AddressRecord>> _addresses = new(StringComparer.OrdinalIgnoreCase);

    public int Lookups { get; private set; }

    public FakeZone Mx(string name, params (int Preference, string Host)[] hosts)
    {
        _mx[name] = new DnsAnswer<MxRecord>(DnsStatus.Success, hosts.Select(h => new MxRecord(h.Preference, h.Host)).ToList()) { TimeToLive = TimeSpan.FromHours(1) };
        return this;
    }

    public FakeZone MxFails(string name, DnsStatus status)
    {
        _mx[name] = new DnsAnswer<MxRecord>(status, []);
        return this;
    }

    public FakeZone Address(string name, params string[] addresses)
    {
        _addresses[name] = new DnsAnswer<AddressRecord>(DnsStatus.Success, addresses.Select(a => new AddressRecord(IPAddress.Parse(a))).ToList()) { TimeToLive = TimeSpan.FromHours(1) };
        return this;
    }

    public FakeZone AddressFails(string name, DnsStatus status)
    {
        _addresses[name] = new DnsAnswer<AddressRecord>(status, []);
        return this;
    }

    public ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken)
    {
        Lookups++;
        var missing = _addresses.ContainsKey(name) ? DnsStatus.NoData : DnsStatus.NoSuchDomain;
        return ValueTask.FromResult(_mx.GetValueOrDefault(name) ?? new DnsAnswer<MxRecord>(missing, []));
    }

    public ValueTask<DnsAnswer<AddressRecord>> LookupAddressesAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_addresses.GetValueOrDefault(name) ?? new DnsAnswer<AddressRecord>(DnsStatus.NoSuchDomain, []));

    public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken) => throw new NotSupportedException();
}
