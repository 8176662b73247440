using Relay.Mail;

namespace Relay.Queue;

/// <summary>Decides under which key a recipient of a new message waits. The decision is stored with the recipient and holds until it settles.</summary>
public interface IQueueKeys
{
    /// <param name="user">Name of the credential that submitted the message; null for relay networks and our own reports.</param>
    string KeyFor(QueuedMessage message, string? user, Mailbox recipient);
}

/// <summary>Every recipient waits under its domain.</summary>
public sealed class DomainKeys : IQueueKeys
{
    public string KeyFor(QueuedMessage message, string? user, Mailbox recipient) => recipient.DomainText;
}
