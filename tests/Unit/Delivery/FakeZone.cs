using System.Net;
using Relay.Dns;

namespace Relay.Tests.Unit;

/// <summary>A resolver over a table; names without an entry do not exist.</summary>
internal sealed class FakeZone : IDnsResolver
{
    private readonly Dictionary<string, DnsAnswer<MxRecord>> _mx = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, DnsAnswer<AddressRecord>> _addresses = new(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, DnsAnswer<TxtRecord>> _texts = new(StringComparer.OrdinalIgnoreCase);

    private readonly Dictionary<string, DnsAnswer<TlsaRecord>> _tlsa = new(StringComparer.OrdinalIgnoreCase);

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

    public FakeZone Txt(string name, params string[] texts)
    {
        _texts[name] = new DnsAnswer<TxtRecord>(DnsStatus.Success, texts.Select(t => new TxtRecord(t)).ToList());
        return this;
    }

    public FakeZone TxtFails(string name, DnsStatus status)
    {
        _texts[name] = new DnsAnswer<TxtRecord>(status, []);
        return this;
    }

    public ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_texts.GetValueOrDefault(name) ?? new DnsAnswer<TxtRecord>(DnsStatus.NoSuchDomain, []));

    public FakeZone Tlsa(string name, bool isAuthentic, params TlsaRecord[] records)
    {
        _tlsa[name] = new DnsAnswer<TlsaRecord>(DnsStatus.Success, records) { IsAuthentic = isAuthentic };
        return this;
    }

    public FakeZone TlsaFails(string name, DnsStatus status)
    {
        _tlsa[name] = new DnsAnswer<TlsaRecord>(status, []);
        return this;
    }

    /// <summary>MX and addresses of the name claim validation.</summary>
    public FakeZone Secure(string name)
    {
        _mx[name] = (_mx.GetValueOrDefault(name) ?? new DnsAnswer<MxRecord>(DnsStatus.NoData, [])) with { IsAuthentic = true };
        _addresses[name] = (_addresses.GetValueOrDefault(name) ?? new DnsAnswer<AddressRecord>(DnsStatus.NoData, [])) with { IsAuthentic = true };
        return this;
    }

    public ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_tlsa.GetValueOrDefault(name) ?? new DnsAnswer<TlsaRecord>(DnsStatus.NoSuchDomain, []));

    public ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken) => throw new NotSupportedException();
}
