namespace Relay.Mail;

/// <summary>One recipient of a report that came in (RFC 3464 §2.3).</summary>
public sealed record ReceivedRecipientStatus
{
    /// <summary>Final-Recipient without type and brackets, as written; null when absent.</summary>
    public string? FinalRecipient { get; init; }

    /// <summary>Original-Recipient without type and brackets; null when absent.</summary>
    public string? OriginalRecipient { get; init; }

    /// <summary>Null when absent or unknown.</summary>
    public DeliveryAction? Action { get; init; }

    public EnhancedStatusCode? Status { get; init; }

    public string? RemoteMta { get; init; }

    /// <summary>Type of Diagnostic-Code in lower case, usually <c>smtp</c>; null when absent.</summary>
    public string? DiagnosticType { get; init; }

    /// <summary>Text of Diagnostic-Code behind its type; null when absent.</summary>
    public string? Diagnostic { get; init; }

    /// <summary>What the reporting system sorted the failure as, <c>bad-mailbox</c> for instance (X-PowerMTA-BounceCategory); null when absent.</summary>
    public string? Category { get; init; }

    public DateTimeOffset? LastAttempt { get; init; }

    public DateTimeOffset? WillRetryUntil { get; init; }

    /// <summary>The final recipient, else the original one, as a mailbox; null when neither is one.</summary>
    public Mailbox? Mailbox => ToMailbox(FinalRecipient) ?? ToMailbox(OriginalRecipient);

    /// <summary>The reply inside of <see cref="Diagnostic"/>; null when it does not begin with a reply code.</summary>
    public SmtpReply? Reply => Diagnostic is null ? null : DiagnosticReply.Parse(Diagnostic);

    private static Mailbox? ToMailbox(string? text) => text is not null && AddrSpecParser.TryParse(text, out var mailbox) ? mailbox : null;
}
