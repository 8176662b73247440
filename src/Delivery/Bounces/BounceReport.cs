using Relay.Mail;

namespace Relay.Delivery;

/// <summary>What a delivery status notification says (RFC 3464).</summary>
internal sealed record BounceReport
{
    /// <summary>Reporting-MTA.</summary>
    public required string ReportingHost { get; init; }

    /// <summary>Mailbox in From.</summary>
    public required string From { get; init; }

    public required Mailbox To { get; init; }

    /// <summary>Original-Envelope-Id.</summary>
    public string? EnvelopeId { get; init; }

    /// <summary>Of the message, decoded; null when it has none.</summary>
    public string? Subject { get; init; }

    public required DateTimeOffset ArrivalDate { get; init; }

    public required DateTimeOffset Date { get; init; }

    /// <summary>At least one.</summary>
    public required IReadOnlyList<BouncedRecipient> Recipients { get; init; }

    /// <summary>What is returned of the message: all of it, or its header block.</summary>
    public required ReadOnlyMemory<byte> Returned { get; init; }

    /// <summary>True: message/rfc822; false: text/rfc822-headers.</summary>
    public required bool IsWhole { get; init; }
}

/// <summary>The per-recipient fields (RFC 3464 §2.3).</summary>
internal sealed record BouncedRecipient
{
    public required Mailbox FinalRecipient { get; init; }

    /// <summary>As given with ORCPT: <c>rfc822;user@example.com</c>; null when absent.</summary>
    public string? OriginalRecipient { get; init; }

    public DeliveryAction Action { get; init; }

    /// <summary>Class 5 for a failure, 4 for a delay, 2 for success.</summary>
    public required EnhancedStatusCode Status { get; init; }

    /// <summary>Remote-MTA; null when none was reached.</summary>
    public string? RemoteHost { get; init; }

    /// <summary>Diagnostic-Code of type smtp; null when no peer replied.</summary>
    public SmtpReply? Reply { get; init; }

    /// <summary>The reason in one sentence.</summary>
    public required string Text { get; init; }

    public required DateTimeOffset LastAttempt { get; init; }

    /// <summary>For a delay.</summary>
    public DateTimeOffset? WillRetryUntil { get; init; }
}

/// <summary>Writes a report as a complete message: headers with Auto-Submitted, multipart/report.</summary>
internal interface IReportComposer
{
    ValueTask ComposeAsync(BounceReport report, Stream output);
}
