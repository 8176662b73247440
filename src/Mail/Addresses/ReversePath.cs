namespace Relay.Mail;

/// <summary>The envelope's return address: a mailbox, or null (<c>&lt;&gt;</c>) for reports that must never be answered (RFC 5321 §4.5.5).</summary>
public readonly record struct ReversePath(Mailbox? Mailbox)
{
    public static readonly ReversePath Null;

    public bool IsNull => Mailbox is null;

    /// <summary>The wire form without angle brackets; empty for the null reverse-path.</summary>
    public override string ToString() => Mailbox?.ToString() ?? string.Empty;
}
