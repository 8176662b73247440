using System.Net;

namespace Relay.Dns;

/// <summary>Typed lookups. Names are A-label text without trailing dot; thread safe; never throws for what DNS may answer.</summary>
public interface IDnsResolver
{
    ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken);

    /// <summary>A and AAAA together: Success when either has records; temporary when none has and either failed temporarily.</summary>
    ValueTask<DnsAnswer<AddressRecord>> LookupAddressesAsync(string name, CancellationToken cancellationToken);

    ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken);

    /// <param name="name">The full owner name, for example <c>_25._tcp.mx.example.com</c>.</param>
    ValueTask<DnsAnswer<TlsaRecord>> LookupTlsaAsync(string name, CancellationToken cancellationToken);

    ValueTask<DnsAnswer<PtrRecord>> LookupPtrAsync(IPAddress address, CancellationToken cancellationToken);
}
