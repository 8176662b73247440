using Relay.Mail;
using Relay.Senders;

namespace Relay;

/// <summary>The domains whose mail is handed to webhooks: anybody may write to every address there, and to nothing below them. Exchangeable as a whole.</summary>
/// <param name="sizes">The largest message of each domain.</param>
internal sealed class ReceivedDomains(IReadOnlyDictionary<DomainName, long> sizes) : IOwnMail, IReceivingDomains
{
    private volatile IReadOnlyDictionary<DomainName, long> _sizes = sizes;

    public void Exchange(ReceivedDomains next) => _sizes = next._sizes;

    public bool Takes(DomainName domain) => _sizes.ContainsKey(domain);

    public bool IsOurs(Mailbox recipient) => recipient.Domain is { } domain && Takes(domain);

    /// <summary>What a message to these recipients may measure; null: these domains set no bound.</summary>
    public long? MaxBytes(Envelope envelope)
    {
        var now = _sizes;
        var bounds = envelope.Recipients.Where(recipient => recipient.Mailbox.Domain is { } domain && now.ContainsKey(domain)).Select(recipient => now[recipient.Mailbox.Domain!]).ToList();
        return bounds.Count == 0 ? null : bounds.Min();
    }
}
