namespace Relay.Mail;

/// <summary>What a message that came back is.</summary>
public enum ReportKind
{
    /// <summary>None of these: an ordinary message, or one nobody can read.</summary>
    None,

    /// <summary>About delivery: failed, delayed, delivered or relayed (RFC 3464 and what others write in its place).</summary>
    Delivery,

    /// <summary>A complaint or an authentication failure (RFC 5965, RFC 6591).</summary>
    Feedback,

    /// <summary>Somebody is away, or a program thanks for the message (RFC 3834).</summary>
    AutoReply,

    /// <summary>Asks for no more mail (RFC 2369 mailto, or a mail program's own).</summary>
    Unsubscribe,

    /// <summary>Aggregate of a receiver about our domains (RFC 9990).</summary>
    DmarcAggregate,

    /// <summary>Aggregate of a sender about our TLS (RFC 8460).</summary>
    TlsReport,
}

/// <summary>How a report was read.</summary>
public enum ReportSource
{
    None,

    /// <summary>message/delivery-status, message/feedback-report or another machine-readable part.</summary>
    Fields,

    /// <summary>Such fields in a text part.</summary>
    FieldsInText,

    /// <summary>Sentences and the shape of the text.</summary>
    Text,
}

/// <summary>A message that came back, read.</summary>
public sealed record IncomingReport
{
    public static readonly IncomingReport None = new() { Kind = ReportKind.None };

    public required ReportKind Kind { get; init; }

    public ReportSource Source { get; init; }

    /// <summary>The recipients it tells of; of an auto-reply or an unsubscription who sent it.</summary>
    public IReadOnlyList<ReceivedRecipientStatus> Recipients { get; init; } = [];

    /// <summary>Header of the original message as far as it was returned; else empty.</summary>
    public HeaderBlock OriginalHeader { get; init; } = HeaderBlock.Empty;

    public string? OriginalEnvelopeId { get; init; }

    public string? ReportingMta { get; init; }

    /// <summary>For <see cref="ReportKind.Feedback"/> read from fields.</summary>
    public FeedbackReport? Feedback { get; init; }

    /// <summary>For <see cref="ReportKind.Feedback"/>: abuse, opt-out, auth-failure, not-spam…</summary>
    public string? FeedbackType { get; init; }

    /// <summary>What its text says to people, without the original message; bounded.</summary>
    public string Text { get; init; } = string.Empty;

    /// <summary>Message-ID of the original message with its brackets; null when it is not in the report.</summary>
    public string? OriginalMessageId => OriginalHeader.Value("Message-ID") is { Length: > 0 } id ? id.Trim() : null;
}
