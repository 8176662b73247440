using Relay.Dns;

namespace Relay.Senders;

/// <summary>Looks at the zone's name servers whether the record of a signing key is published, also behind a CNAME.</summary>
public sealed class DkimKeyProof(IZoneResolver zones)
{
    private const int MaxShown = 100;

    public async ValueTask<DkimSighting> LookAsync(SealedDkimKey key, CancellationToken cancellationToken)
    {
        var name = NameOf(key);
        var answer = await zones.LookupTxtAsync(name, cancellationToken);
        if (!answer.IsSuccess)
        {
            return answer.Status is DnsStatus.NoData or DnsStatus.NoSuchDomain
                ? new DkimSighting(DkimPresence.Absent, $"there is no TXT record at {name}")
                : new DkimSighting(DkimPresence.Unknown, $"DNS gives no answer for {name}: {answer.Detail ?? answer.Status.ToString()}");
        }

        if (answer.Records.Any(record => PublicKeyOf(record.Text) == PublicKeyOf(key.PublicRecord)))
        {
            return new DkimSighting(DkimPresence.Found, $"the record stands at {name}");
        }

        var other = answer.Records[0].Text;
        return new DkimSighting(DkimPresence.Other, $"another record stands at {name}: {(other.Length > MaxShown ? other[..MaxShown] + "…" : other)}");
    }

    public static string NameOf(SealedDkimKey key) => $"{key.Selector}._domainkey.{key.Domain}";

    // p= with the blanks that publishers put in taken out.
    private static string? PublicKeyOf(string record) => record.Split(';')
        .Select(tag => tag.Split('=', 2))
        .Where(tag => tag.Length == 2 && tag[0].Trim() == "p")
        .Select(tag => string.Concat(tag[1].Where(c => !char.IsWhiteSpace(c))))
        .FirstOrDefault(text => text.Length > 0);
}

/// <param name="Detail">For people.</param>
public sealed record DkimSighting(DkimPresence Presence, string Detail);

public enum DkimPresence
{
    Found,

    /// <summary>Certainly not there.</summary>
    Absent,

    /// <summary>Something else stands at its name.</summary>
    Other,

    /// <summary>No server answers.</summary>
    Unknown,
}
