namespace Relay.Dns;

/// <summary>
/// Lookups for those who wait for a record to appear: past every cache, at the name servers of the zone where they can be reached.
/// Far dearer than <see cref="IDnsResolver"/>; not for mail.
/// </summary>
/// <remarks>Names are A-label text without trailing dot; thread safe; never throws for what DNS may answer.</remarks>
public interface IZoneResolver
{
    ValueTask<DnsAnswer<TxtRecord>> LookupTxtAsync(string name, CancellationToken cancellationToken);

    ValueTask<DnsAnswer<MxRecord>> LookupMxAsync(string name, CancellationToken cancellationToken);

    /// <summary>The CNAME at this name itself, not followed.</summary>
    ValueTask<DnsAnswer<AliasRecord>> LookupAliasAsync(string name, CancellationToken cancellationToken);
}
