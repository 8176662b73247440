namespace Relay.Mail;

/// <summary>One recipient of a <see cref="DeliveryStatusReport"/> (RFC 3464 §2.3).</summary>
public sealed record RecipientReport
{
    public required Mailbox FinalRecipient { get; init; }

    /// <summary>ORCPT as <c>rfc822;user@example.com</c> (<see cref="EnvelopeRecipient.OriginalRecipient"/>); null when the sender gave none.</summary>
    public string? OriginalRecipient { get; init; }

    public required DeliveryAction Action { get; init; }

    public required EnhancedStatusCode Status { get; init; }

    /// <summary>Name of the host that gave <see cref="Reply"/>; null when none was reached.</summary>
    public string? RemoteMta { get; init; }

    /// <summary>The remote host's reply; null when there was none.</summary>
    public SmtpReply? Reply { get; init; }

    /// <summary>What went wrong in words where no reply was given, for example a DNS failure.</summary>
    public string? Diagnostic { get; init; }

    public DateTimeOffset? LastAttempt { get; init; }

    /// <summary>For a delay: when tries end.</summary>
    public DateTimeOffset? WillRetryUntil { get; init; }
}
