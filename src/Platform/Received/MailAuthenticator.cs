using System.Net;
using Relay.Dkim;
using Relay.Dns;
using Relay.Mail;

namespace Relay.Platform.Received;

/// <summary>Finds out what proves where a received message comes from: SPF, DKIM and DMARC. Thread safe; decides nothing.</summary>
internal sealed class MailAuthenticator(IDnsResolver dns, IDkimKeyLookup keys, string hostname, TimeProvider time)
{
    /// <summary>Under this name its verdicts are written.</summary>
    public DomainName Server { get; } = DomainName.Parse(hostname);

    private readonly SpfEvaluator _spf = new(dns, hostname, time);
    private readonly DkimVerifier _dkim = new(keys, time);
    private readonly DmarcTreeWalk _walk = new(dns);

    public async ValueTask<MailAuthentication> CheckAsync(ReceivedMail mail, CancellationToken cancellationToken)
    {
        var spf = await CheckSpfAsync(mail, cancellationToken);
        using var body = new MemoryStream(mail.Content[mail.HeaderBytes..].ToArray(), writable: false);
        var dkim = await _dkim.VerifyAsync(mail.Content[..mail.HeaderBytes], body, cancellationToken);
        return new MailAuthentication(spf, dkim, await CheckDmarcAsync(mail.Parsed.Header, spf, dkim, cancellationToken));
    }

    private async ValueTask<SpfResult> CheckSpfAsync(ReceivedMail mail, CancellationToken cancellationToken) =>
        IPAddress.TryParse(mail.ClientAddress, out var address)
            ? await _spf.CheckAsync(SpfQuestion.Of(address, mail.ReversePath, mail.HelloName ?? string.Empty), cancellationToken)
            : new SpfResult(SpfOutcome.None, mail.ReversePath.Mailbox?.DomainText ?? string.Empty, "the message did not come over the network");

    // RFC 9989 §5.3.1: more than one domain in From, or none, has no policy that could be asked for.
    private async ValueTask<DmarcVerdict> CheckDmarcAsync(
        HeaderBlock header, SpfResult spf, IReadOnlyList<DkimResult> dkim, CancellationToken cancellationToken)
    {
        var domains = header.Addresses("From").Select(address => address.Mailbox.Domain).Distinct().ToList();
        if (domains is not [{ } domain] || header.Count("From") != 1)
        {
            return new DmarcVerdict("none", null, null, "From names no single domain");
        }

        var from = await _walk.FindAsync(domain, cancellationToken);
        if (from.Record is not { } record)
        {
            return from.Trouble is { } trouble
                ? new DmarcVerdict("temperror", domain.Ascii, null, trouble)
                : new DmarcVerdict("none", domain.Ascii, null, "the domain publishes no policy");
        }

        var policy = from.Policy?.ToString().ToLowerInvariant();
        if (spf.Outcome == SpfOutcome.Pass && await IsAlignedAsync(from, spf.Domain, record.IsSpfStrict, cancellationToken))
        {
            return new DmarcVerdict("pass", domain.Ascii, policy, $"SPF of {spf.Domain}");
        }

        foreach (var signer in dkim.Where(result => result.Outcome == DkimOutcome.Pass).Select(result => result.Domain).OfType<string>().Distinct())
        {
            if (await IsAlignedAsync(from, signer, record.IsDkimStrict, cancellationToken))
            {
                return new DmarcVerdict("pass", domain.Ascii, policy, $"DKIM of {signer}");
            }
        }

        var isOpen = spf.Outcome == SpfOutcome.TempError || dkim.Any(result => result.Outcome == DkimOutcome.TempError);
        return isOpen
            ? new DmarcVerdict("temperror", domain.Ascii, policy, "DNS did not answer")
            : new DmarcVerdict("fail", domain.Ascii, policy, "neither SPF nor DKIM passes for this domain");
    }

    private async ValueTask<bool> IsAlignedAsync(DmarcFinding from, string proved, bool isStrict, CancellationToken cancellationToken) =>
        DomainName.TryParse(proved, out var name)
        && (name.Equals(from.Domain) || (!isStrict && from.IsAligned(await _walk.FindAsync(name, cancellationToken), isStrict)));
}

internal sealed record MailAuthentication(SpfResult Spf, IReadOnlyList<DkimResult> Dkim, DmarcVerdict Dmarc);

/// <param name="Result">The word of RFC 8601 §2.7.2 and RFC 9989: pass, fail, none, temperror.</param>
/// <param name="Domain">Of From; null where it names none, or several.</param>
/// <param name="Policy">What the domain wants done with mail that fails; null where it says nothing.</param>
/// <param name="Reason">One phrase.</param>
internal sealed record DmarcVerdict(string Result, string? Domain, string? Policy, string Reason);
