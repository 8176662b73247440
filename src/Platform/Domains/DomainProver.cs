using Relay.Dkim;
using Relay.Dns;
using Relay.Mail;

namespace Relay.Platform.Domains;

/// <summary>Looks for a domain's records in DNS, past every cache.</summary>
/// <remarks>TXT records are compared by their joined strings, keys by the key itself: spaces and the order of tags do not matter.</remarks>
internal sealed class DomainProver(IZoneResolver dns, PlatformOptions options)
{
    private const int MaxShown = 100;

    public async Task<DomainFindings> LookAsync(DomainEntry entry, CancellationToken cancellationToken)
    {
        var name = entry.Domain.Name;
        var ownership = OwnershipAsync(entry, cancellationToken);
        var rsa = KeyAsync(entry, entry.RsaKey, cancellationToken);
        var ed25519 = KeyAsync(entry, entry.Ed25519Key, cancellationToken);
        var returnPath = ReturnPathAsync(name, cancellationToken);
        var spf = SpfAsync(name, cancellationToken);
        var dmarc = DmarcAsync(name, cancellationToken);
        var tracking = options.PublicUrl is { } url ? TrackingAsync(name, url.IdnHost, cancellationToken) : null;
        await Task.WhenAll(ownership, rsa, ed25519, returnPath, spf, dmarc);
        return new DomainFindings(
            await ownership, await rsa, await ed25519, await returnPath, await spf, await dmarc, tracking is null ? null : await tracking);
    }

    private async Task<RecordFinding> OwnershipAsync(DomainEntry entry, CancellationToken cancellationToken)
    {
        var (name, value) = (DomainRecords.OwnershipName(entry.Domain.Name), DomainRecords.OwnershipValue(entry));
        var answer = await dns.LookupTxtAsync(name, cancellationToken);
        return Judge(answer, "TXT", name, record => record.Text.Trim() == value, record => record.Text);
    }

    private async Task<RecordFinding> KeyAsync(DomainEntry entry, DomainKey key, CancellationToken cancellationToken)
    {
        var domain = entry.Domain.Name;
        if (key.IsNone)
        {
            var lack = entry.RsaKey.IsNone && entry.Ed25519Key.IsNone ? "no DKIM key" : "no DKIM key of this algorithm";
            return new RecordFinding(Finding.NoKey, $"{domain} has {lack}; the operator of this server makes a pair with 'relay dkim generate {domain}'");
        }

        var name = DomainRecords.DkimName(domain, key);
        var answer = await dns.LookupTxtAsync(name, cancellationToken);
        return Judge(answer, "TXT", name, record => IsKey(record.Text, key), record => record.Text);
    }

    private async Task<RecordFinding> ReturnPathAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var name = DomainRecords.ReturnPathHost(domain);
        var answer = await dns.LookupMxAsync(name, cancellationToken);
        return Judge(answer, "MX", name, record => IsName(record.Exchange, options.Hostname), record => record.Exchange);
    }

    private async Task<RecordFinding> SpfAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var name = DomainRecords.ReturnPathHost(domain);
        var answer = await dns.LookupTxtAsync(name, cancellationToken);
        return Judge(Only(answer, IsSpf), "TXT", name, record => NamesUs(record.Text), record => record.Text);
    }

    // A parent's policy holds for the names below it (RFC 9989 §4.10).
    private async Task<RecordFinding> DmarcAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var found = await new DmarcTreeWalk(dns.LookupTxtAsync).FindAsync(domain, cancellationToken);
        return found switch
        {
            // Another than ours is as good, and must not be replaced by it.
            { Record: not null } => new RecordFinding(Finding.Found, $"_dmarc.{found.Name} says p={found.Policy!.Value.ToString().ToLowerInvariant()}"),
            { Trouble: { } trouble } => new RecordFinding(Finding.Unknown, trouble),
            _ => new RecordFinding(Finding.Absent, $"TXT {DomainRecords.DmarcName(domain)}: there is no such record"),
        };
    }

    private async Task<RecordFinding> TrackingAsync(DomainName domain, string host, CancellationToken cancellationToken)
    {
        var name = DomainRecords.TrackingHost(domain);
        var answer = await dns.LookupAliasAsync(name, cancellationToken);
        return Judge(answer, "CNAME", name, record => IsName(record.Target, host), record => record.Target);
    }

    private static RecordFinding Judge<T>(DnsAnswer<T> answer, string type, string name, Func<T, bool> isOurs, Func<T, string> show)
    {
        if (answer.IsTemporary)
        {
            // The resolver's own words name servers of this network: nothing for tenants.
            return new RecordFinding(
                Finding.Unknown, $"{type} {name}: {(answer.Status == DnsStatus.Timeout ? "the name servers do not answer" : "the name servers answer with a failure")}");
        }

        if (answer.Records.Count == 0)
        {
            return new RecordFinding(Finding.Absent, $"{type} {name}: there is no such record");
        }

        return answer.Records.Any(isOurs)
            ? RecordFinding.Found
            : new RecordFinding(Finding.Other, $"{type} {name}: another value is published: {Shorten(show(answer.Records[0]))}");
    }

    private static DnsAnswer<TxtRecord> Only(DnsAnswer<TxtRecord> answer, Func<string, bool> isMeant) =>
        answer with { Records = [.. answer.Records.Where(record => isMeant(record.Text))] };

    private static bool IsKey(string text, DomainKey key) =>
        DkimKeyRecord.TryParse(text, out var published, out _)
        && DkimKeyRecord.TryParse(key.Record, out var ours, out _)
        && published.KeyType == ours.KeyType
        && published.PublicKey.Span.SequenceEqual(ours.PublicKey.Span)
        && published is { AllowsSha256: true, AllowsEmail: true };

    private static bool IsSpf(string text) => IsVersion(text, "v=spf1");

    private static bool IsVersion(string text, string version) =>
        text.StartsWith(version, StringComparison.OrdinalIgnoreCase) && (text.Length == version.Length || text[version.Length] is ' ' or ';');

    private bool NamesUs(string spf)
    {
        var ours = DomainRecords.SpfMechanism(options.Hostname);
        return spf.Split(' ', StringSplitOptions.RemoveEmptyEntries).Any(term => string.Equals(term.TrimStart('+'), ours, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsName(string name, string other) => string.Equals(name.TrimEnd('.'), other, StringComparison.OrdinalIgnoreCase);

    // What strangers published is shown to the domain's owner: short, and without what could break a line.
    private static string Shorten(string text)
    {
        var plain = new string([.. text.Take(MaxShown).Select(c => char.IsControl(c) ? '?' : c)]);
        return text.Length > MaxShown ? plain + "…" : plain;
    }
}
