using Relay.Mail;

namespace Relay.Platform.Domains;

/// <summary>The DNS records a domain's owner publishes. Names are whole, without trailing dot, ready to paste.</summary>
public static class DomainRecords
{
    private const string Challenge = "_relay-challenge";
    private const string TokenPrefix = "relay-verification=";
    private const string Priority = "10";
    private const string ReturnPathLabel = "bounce.";

    /// <summary>Where reports about failed mail of the domain come in.</summary>
    public static string ReturnPathHost(DomainName domain) => ReturnPathLabel + domain.Ascii;

    /// <summary>The domain whose reports come in at a host; null when it is named otherwise.</summary>
    public static DomainName? DomainOfReturnPathHost(DomainName host) =>
        host.Ascii.StartsWith(ReturnPathLabel, StringComparison.OrdinalIgnoreCase) && DomainName.TryParse(host.Ascii.AsSpan(ReturnPathLabel.Length), out var domain) ? domain : null;

    /// <summary>Where tracked links of the domain lead, once its record was seen.</summary>
    public static string TrackingHost(DomainName domain) => "links." + domain.Ascii;

    public static string OwnershipName(DomainName domain) => $"{Challenge}.{domain.Ascii}";

    public static string OwnershipValue(DomainEntry entry) => TokenPrefix + entry.Token;

    public static string DkimName(DomainName domain, DomainKey key) => $"{key.Selector}._domainkey.{domain.Ascii}";

    public static string DmarcName(DomainName domain) => "_dmarc." + domain.Ascii;

    /// <summary>The mechanism of SPF that names this server.</summary>
    public static string SpfMechanism(string hostname) => "a:" + hostname;

    /// <summary>What the domain must have, then what is recommended.</summary>
    /// <param name="hostname">This server's.</param>
    public static IReadOnlyList<DomainRecord> Of(DomainEntry entry, string hostname)
    {
        var (name, found) = (entry.Domain.Name, entry.Records);
        var returnPath = ReturnPathHost(name);
        DomainRecord[] rsa = entry.RsaKey.IsNone ? [] : [new("TXT", DkimName(name, entry.RsaKey), entry.RsaKey.Record, found.Rsa)];
        DomainRecord[] ed25519 = entry.Ed25519Key.IsNone
            ? []
            : [new("TXT", DkimName(name, entry.Ed25519Key), entry.Ed25519Key.Record, found.Ed25519) { Recommended = true }];
        DomainRecord[] records =
        [
            new("TXT", OwnershipName(name), OwnershipValue(entry), found.Ownership),
            .. rsa,
            .. ed25519,
            new("MX", returnPath, hostname, found.ReturnPath) { Recommended = true, Priority = Priority },
            new("TXT", returnPath, $"v=spf1 {SpfMechanism(hostname)} ~all", found.Spf) { Recommended = true },
            new("TXT", DmarcName(name), "v=DMARC1; p=none;", found.Dmarc) { Recommended = true },
        ];
        return [.. records.Select(record => Looked(entry, record))];
    }

    /// <summary>The record that brings tracked links below the domain; null while there is no public listener, or it has an address for a name.</summary>
    public static DomainRecord? Tracking(DomainEntry entry, PlatformOptions options) =>
        options.PublicUrl is { HostNameType: UriHostNameType.Dns } url
            ? Looked(entry, new DomainRecord("CNAME", TrackingHost(entry.Domain.Name), url.IdnHost, entry.Records.Tracking) { Recommended = true })
            : null;

    private static DomainRecord Looked(DomainEntry entry, DomainRecord record)
    {
        var check = RecordLooks.CheckOf(record.Type, record.Name);
        return record with { Found = entry.Looks.FirstOrDefault(look => look.Check == check && look.Found.Length > 0)?.Found };
    }
}

/// <summary>One record to publish, as the API shows it.</summary>
/// <param name="Type">MX or TXT; CNAME for tracking.</param>
public sealed record DomainRecord(
    string Type,
    string Name,
    string Value,
    [property: System.Text.Json.Serialization.JsonIgnore] DomainStatus State)
{
    /// <summary>Left to the DNS provider.</summary>
    public string Ttl { get; } = "Auto";

    /// <summary>Of MX records; null for others.</summary>
    public string? Priority { get; init; }

    public string Status => State.Name();

    /// <summary>The domain is proved without it.</summary>
    public bool Recommended { get; init; }

    /// <summary>What is there now, where that is not the value (with success: another that is as good): a clause. Null: the value is there, or nobody looked.</summary>
    [System.Text.Json.Serialization.JsonIgnore(Condition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull)]
    public string? Found { get; init; }
}
