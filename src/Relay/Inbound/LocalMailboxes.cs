using Relay.Mail;

namespace Relay;

/// <summary>Mail for postmaster and abuse of this host and its domains goes to the configured person (RFC 5321 §4.5.1, RFC 2142 §4 and §5).</summary>
internal sealed class LocalMailboxes : IOwnMail
{
    private readonly IReadOnlyList<DomainName> _domains;
    private readonly Mailbox? _postmaster;

    /// <param name="postmaster">Null: there are no local mailboxes.</param>
    public LocalMailboxes(IReadOnlyList<DomainName> domains, Mailbox? postmaster)
    {
        _domains = domains;
        _postmaster = postmaster;
    }

    /// <summary>Where mail for this recipient really goes; null when it is not ours.</summary>
    public Mailbox? ForwardFor(Mailbox recipient) =>
        recipient.Domain is { } domain && _domains.Contains(domain) && IsRole(recipient.LocalPart) ? _postmaster : null;

    public bool IsOurs(Mailbox recipient) => ForwardFor(recipient) is not null;

    public Envelope Forward(Envelope envelope)
    {
        if (_postmaster is null || !envelope.Recipients.Any(r => ForwardFor(r.Mailbox) is not null))
        {
            return envelope;
        }

        var recipients = envelope.Recipients
            .Select(r => ForwardFor(r.Mailbox) is { } forward ? new EnvelopeRecipient(forward) { Notify = r.Notify, OriginalRecipient = r.OriginalRecipient ?? "rfc822;" + r.Mailbox } : r)
            .DistinctBy(r => r.Mailbox)
            .ToList();
        return envelope with { Recipients = recipients };
    }

    private static bool IsRole(string localPart) =>
        localPart.Equals("postmaster", StringComparison.OrdinalIgnoreCase) || localPart.Equals("abuse", StringComparison.OrdinalIgnoreCase);
}
