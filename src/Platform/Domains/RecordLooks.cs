using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>What a check found of each record, in a form that remembers when it was in order last.</summary>
public static class RecordLooks
{
    /// <summary>The first so many are the proof: ownership and, where there is one, the RSA key.</summary>
    public static int RequiredOf(DomainEntry entry) => entry.RsaKey.IsNone ? 1 : 2;

    internal static IReadOnlyList<RecordAdvice> Of(DomainEntry entry, DomainFindings found, DateTimeOffset now)
    {
        var name = entry.Domain.Name;
        var looks = new List<RecordAdvice>
        {
            Of("TXT", DomainRecords.OwnershipName(name), found.Ownership, now),
        };
        looks.AddRange(new[] { (entry.RsaKey, found.Rsa), (entry.Ed25519Key, found.Ed25519) }
            .Where(pair => !pair.Item1.IsNone)
            .Select(pair => Of("TXT", DomainRecords.DkimName(name, pair.Item1), pair.Item2, now)));
        looks.AddRange(
        [
            Of("MX", DomainRecords.ReturnPathHost(name), found.ReturnPath, now),
            Of("TXT", DomainRecords.ReturnPathHost(name), found.Spf, now),
            Of("TXT", DomainRecords.DmarcName(name), found.Dmarc, now),
        ]);
        if (found.Tracking is { } tracking)
        {
            looks.Add(Of("CNAME", DomainRecords.TrackingHost(name), tracking, now));
        }

        return looks;
    }

    public static string CheckOf(string type, string name) => $"{type} {name}";

    private static RecordAdvice Of(string type, string name, RecordFinding finding, DateTimeOffset now)
    {
        var check = CheckOf(type, name);
        var state = finding.Finding switch
        {
            Finding.Found => AdviceState.Ok,
            Finding.Absent => AdviceState.Missing,
            Finding.Other => AdviceState.Wrong,
            _ => AdviceState.Unknown,
        };
        var prefix = check + ": ";
        var detail = finding.Detail.StartsWith(prefix, StringComparison.Ordinal) ? finding.Detail[prefix.Length..] : finding.Detail;
        return new RecordAdvice(check, state, detail, null) { LookedAt = now };
    }
}
