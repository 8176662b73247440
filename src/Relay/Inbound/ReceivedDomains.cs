using Relay.Mail;

namespace Relay;

/// <summary>The domains whose mail is handed to webhooks: anybody may write to every address there, and to nothing below them.</summary>
/// <param name="sizes">The largest message of each domain.</param>
internal sealed class ReceivedDomains(IReadOnlyDictionary<DomainName, long> sizes) : IOwnMail
{
    public bool IsOurs(Mailbox recipient) => recipient.Domain is { } domain && sizes.ContainsKey(domain);

    /// <summary>What a message to these recipients may measure; null: these domains set no bound.</summary>
    public long? MaxBytes(Envelope envelope)
    {
        var bounds = envelope.Recipients.Where(recipient => IsOurs(recipient.Mailbox)).Select(recipient => sizes[recipient.Mailbox.Domain!]).ToList();
        return bounds.Count == 0 ? null : bounds.Min();
    }
}
