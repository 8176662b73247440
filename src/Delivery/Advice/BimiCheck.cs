using Relay.Dns;
using Relay.Mail;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Does the domain name a logo, and may receivers show it?</summary>
/// <remarks>
/// 1. The record of the domain, else of its organisation. 2. Its form. 3. DMARC, without whose enforcement no receiver shows a logo. The
/// logo and its certificate are not fetched: receivers judge them, each by rules of its own.
/// </remarks>
internal sealed class BimiCheck(IZoneResolver zones)
{
    public const string Check = "bimi";

    public async Task<RecordAdvice> LookAsync(DomainName domain, CancellationToken cancellationToken)
    {
        var dmarc = await new DmarcTreeWalk(zones.LookupTxtAsync).FindAsync(domain, cancellationToken);
        var name = NameOf(domain);
        var answer = await zones.LookupTxtAsync(name, cancellationToken);
        if (!answer.IsTemporary && !HasRecord(answer) && !dmarc.Organisation.Equals(domain))
        {
            var above = await zones.LookupTxtAsync(NameOf(dmarc.Organisation), cancellationToken);
            (name, answer) = above.IsTemporary || HasRecord(above) ? (NameOf(dmarc.Organisation), above) : (name, answer);
        }

        if (answer.IsTemporary)
        {
            return AdviceText.Unknown(Check, $"TXT {name}", answer);
        }

        var texts = answer.Records.Select(record => record.Text).Where(BimiRecord.HasVersion).ToList();
        return texts.Count switch
        {
            0 => Without(domain, answer, dmarc),
            1 => Judge(domain, name, texts[0], dmarc),
            _ => new RecordAdvice(Check, AdviceState.Wrong, $"TXT {name} is there {texts.Count} times, so that receivers read none", "leave one of them"),
        };
    }

    private static RecordAdvice Without(DomainName domain, DnsAnswer<TxtRecord> answer, DmarcFinding dmarc)
    {
        if (AdviceText.Attempt(answer.Records.Select(record => record.Text), "v=BIMI") is { } attempt)
        {
            return ToPublish(domain, AdviceState.Wrong, $"TXT {NameOf(domain)} does not begin with v=BIMI1: {AdviceText.Shown(attempt)}", "replace it by a record of this form");
        }

        var found = $"there is no TXT {NameOf(domain)}";
        return Obstacle(dmarc) is { } obstacle
            ? new RecordAdvice(Check, AdviceState.Missing, found, $"to have a logo shown beside mail, first have DMARC enforced: {obstacle}, and receivers show none")
            : ToPublish(domain, AdviceState.Missing, found, "to have a logo shown beside mail, publish it with the address of your own (SVG Tiny PS); Gmail and Apple want a certificate for it in a= (VMC or CMC)");
    }

    private static RecordAdvice Judge(DomainName domain, string name, string text, DmarcFinding dmarc)
    {
        if (BimiRecord.Parse(text, out var problem) is not { } record)
        {
            return ToPublish(domain, AdviceState.Wrong, $"TXT {name}: {problem}", "replace it by a record of this form, with the address of your own logo");
        }

        if (record.Logo.Length == 0)
        {
            return new RecordAdvice(Check, AdviceState.Ok, $"TXT {name} says that the domain wants no logo", null);
        }

        if (Obstacle(dmarc) is { } obstacle)
        {
            return dmarc.Trouble is not null && dmarc.Record is null
                ? new RecordAdvice(Check, AdviceState.Unknown, $"a logo is named; whether DMARC lets it be shown is not known: {dmarc.Trouble}", null)
                : new RecordAdvice(Check, AdviceState.Wrong, $"a logo is named, but no receiver shows it: {obstacle}", "publish DMARC with p=quarantine or p=reject for all mail, once its reports are clean");
        }

        var evidence = record.Evidence.Length > 0
            ? $", with evidence {AdviceText.Shown(record.Evidence)}"
            : "; without evidence in a= (VMC or CMC) Gmail and Apple show none, some others do";
        return new RecordAdvice(Check, AdviceState.Ok, AdviceText.Shown(record.Logo) + evidence, null);
    }

    /// <returns>Why DMARC is not enough; null: it is.</returns>
    private static string? Obstacle(DmarcFinding dmarc) =>
        dmarc.Record is not { } record ? $"{dmarc.Domain} has no DMARC record"
        : dmarc.Policy == DmarcPolicy.None ? $"DMARC of {dmarc.Name} says {(dmarc.Name == dmarc.Domain.Ascii || record.SubdomainPolicy is null ? "p" : "sp")}=none"
        : record.SubdomainPolicy == DmarcPolicy.None ? $"DMARC of {dmarc.Name} says sp=none"
        : record.IsTest ? $"DMARC of {dmarc.Name} is only tried (t=y)"
        : record.Percent < 100 ? $"DMARC of {dmarc.Name} is for {record.Percent} % of the mail (pct)"
        : null;

    private static RecordAdvice ToPublish(DomainName domain, AdviceState state, string found, string remedy) => new(Check, state, found, remedy)
    {
        Records = [new RecordToPublish("TXT", NameOf(domain), $"v=BIMI1; l=https://{domain.Ascii}/logo.svg; a=;")],
    };

    private static bool HasRecord(DnsAnswer<TxtRecord> answer) => answer.Records.Any(record => BimiRecord.HasVersion(record.Text));

    private static string NameOf(DomainName domain) => "default._bimi." + domain.Ascii;
}
