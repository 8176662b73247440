namespace Relay.Mail;

/// <summary>One RCPT TO with its DSN parameters (RFC 3461 §4.1 and §4.2).</summary>
public sealed record EnvelopeRecipient(Mailbox Mailbox)
{
    public DsnNotify Notify { get; init; }

    /// <summary>ORCPT, decoded, as <c>rfc822;user@example.com</c>; null when absent.</summary>
    public string? OriginalRecipient { get; init; }
}
