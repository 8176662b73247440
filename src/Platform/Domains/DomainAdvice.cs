using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>One thing that is good to have in DNS beyond the proof, as the API shows it.</summary>
/// <param name="Check">mx, tls-rpt, mta-sts or bimi.</param>
/// <param name="Status">OK, MISSING, WRONG or UNKNOWN.</param>
/// <param name="Found">What is there now.</param>
/// <param name="Remedy">What to do; null when nothing is.</param>
/// <param name="DnsRecords">To publish; empty when what is there is in order.</param>
/// <param name="File">To publish with the records; null: none.</param>
internal sealed record DomainAdvice(
    string Check, string Status, string Found, string? Remedy, IReadOnlyList<RecordToPublish> DnsRecords, FileToPublish? File, string LastCheckedTime)
{
    public static DomainAdvice Of(RecordAdvice advice) => new(
        advice.Check, advice.State.ToString().ToUpperInvariant(), advice.Found, advice.Remedy, advice.Records, advice.File, DomainAnswer.Text(advice.LookedAt));
}
