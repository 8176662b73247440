using System.Globalization;
using Relay.Dns;

namespace Relay.Delivery;

/// <summary>What DNS says about the TLS of one mail host (RFC 7672 §2.2).</summary>
/// <param name="Records">Those that can be checked; empty when there are none or none of a kind we know.</param>
/// <param name="IsPublished">The host has TLSA records: TLS is a must, even when none of them can be checked.</param>
/// <param name="Problem">Why nobody knows; then the host must not be used now.</param>
internal sealed record DaneFacts(IReadOnlyList<TlsaRecord> Records, bool IsPublished, string? Problem)
{
    public static readonly DaneFacts None = new([], false, null);
}

/// <summary>Finds TLSA records that can be trusted: every answer on the way validated by a resolver we believe.</summary>
internal sealed class DaneLookup(IDnsResolver dns)
{
    /// <summary>
    /// True when the domain's mail hosts are named securely; without that a host's own records prove nothing (RFC 7672 §2.2.1). True also
    /// when nobody knows at the moment: a lookup that an attacker disturbs must not switch the records off.
    /// </summary>
    public async ValueTask<bool> IsSecureAsync(string domain, CancellationToken cancellationToken)
    {
        var mx = await dns.LookupMxAsync(domain, cancellationToken);
        return mx.IsAuthentic || mx.IsTemporary;
    }

    /// <summary>Of a host that a secure answer named.</summary>
    public async ValueTask<DaneFacts> FindAsync(string host, int port, CancellationToken cancellationToken)
    {
        var addresses = await dns.LookupAddressesAsync(host, cancellationToken);
        if (addresses.IsTemporary)
        {
            return Unknown(host, "addresses", addresses.Detail ?? addresses.Status.ToString());
        }

        // RFC 7672 §2.2.2: behind an insecure name TLSA records are not even asked for.
        if (!addresses.IsAuthentic)
        {
            return DaneFacts.None;
        }

        var answer = await dns.LookupTlsaAsync(string.Create(CultureInfo.InvariantCulture, $"_{port}._tcp.{host}"), cancellationToken);
        if (answer.IsTemporary)
        {
            return Unknown(host, "TLSA records", answer.Detail ?? answer.Status.ToString());
        }

        return answer is { IsSuccess: true, IsAuthentic: true, Records.Count: > 0 }
            ? new DaneFacts([.. answer.Records.Where(IsUsable)], true, null)
            : DaneFacts.None;
    }

    // RFC 7672 §3.1.3: usages 0 and 1 have no meaning in mail.
    private static bool IsUsable(TlsaRecord record) => record is { Usage: 2 or 3, Selector: 0 or 1 } && record switch
    {
        { MatchingType: 0 } => record.Data.Length > 0,
        { MatchingType: 1 } => record.Data.Length == 32,
        { MatchingType: 2 } => record.Data.Length == 64,
        _ => false,
    };

    private static DaneFacts Unknown(string host, string what, string detail) =>
        new([], false, $"the {what} of {host} could not be looked up securely: {detail}");
}
