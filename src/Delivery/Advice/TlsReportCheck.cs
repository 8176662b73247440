using Relay.Dns;
using Relay.Mail;
using Relay.Senders;

namespace Relay.Delivery;

/// <summary>Is somebody told when others cannot deliver to the domain over TLS (RFC 8460 §3)?</summary>
internal sealed class TlsReportCheck(IZoneResolver zones)
{
    public const string Check = "tls-rpt";

    public async Task<RecordAdvice> LookAsync(DomainName domain, Task<MailHosts> mail, CancellationToken cancellationToken)
    {
        var name = "_smtp._tls." + domain.Ascii;
        var answer = await zones.LookupTxtAsync(name, cancellationToken);
        if (answer.IsTemporary)
        {
            return AdviceText.Unknown(Check, $"TXT {name}", answer);
        }

        var records = answer.Records.Select(record => record.Text).Where(TlsReportRecord.HasVersion).ToList();
        if (records.Count == 0)
        {
            return Without(domain, answer, await mail);
        }

        if (records.Count > 1)
        {
            return Advice(domain, AdviceState.Wrong, $"TXT {name} is there {records.Count} times, so that senders read none", "leave one of them");
        }

        return TlsReportRecord.Parse(records[0], out var problem) is { } good
            ? new RecordAdvice(Check, AdviceState.Ok, "reports go to " + AdviceText.Shown(string.Join(", ", good.Addresses)), null)
            : Advice(domain, AdviceState.Wrong, $"TXT {name}: {problem}", "replace it by a record of this form");
    }

    private static RecordAdvice Without(DomainName domain, DnsAnswer<TxtRecord> answer, MailHosts mail)
    {
        var name = "_smtp._tls." + domain.Ascii;
        return AdviceText.Attempt(answer.Records.Select(record => record.Text), "v=TLS") is { } attempt
            ? Advice(domain, AdviceState.Wrong, $"TXT {name} does not begin with v=TLSRPTv1: {AdviceText.Shown(attempt)}", "replace it by a record of this form")
            : mail.Names is { Count: 0 }
            ? new RecordAdvice(Check, AdviceState.Missing, $"there is no TXT {name}, and no mail to report on: {domain} takes none", null)
            : Advice(domain, AdviceState.Missing, $"there is no TXT {name}", "publish it to be told when others cannot deliver over TLS; the address is one that somebody reads");
    }

    private static RecordAdvice Advice(DomainName domain, AdviceState state, string found, string remedy) => new(Check, state, found, remedy)
    {
        Records = [new RecordToPublish("TXT", "_smtp._tls." + domain.Ascii, $"v=TLSRPTv1; rua=mailto:tls-reports@{domain.Ascii}")],
    };
}
