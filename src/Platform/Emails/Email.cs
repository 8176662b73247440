using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>An e-mail as its sender gave it; one row and one message.</summary>
public sealed record Email
{
    /// <summary>That of the message which carries it.</summary>
    public required QueueId Id { get; init; }

    public required long AccountId { get; init; }

    /// <summary>The account's domain in From; null when it had none of that name.</summary>
    public long? DomainId { get; init; }

    public DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }

    public EmailStatus LatestStatus { get; init; }

    /// <summary>It was accepted for a later time, whatever became of it.</summary>
    public bool WasScheduled { get; init; }

    /// <summary>As given, with the name.</summary>
    public required string From { get; init; }

    public required AddressField To { get; init; }

    public AddressField? Cc { get; init; }

    /// <summary>Stands here and in the envelope, never in the message.</summary>
    public AddressField? Bcc { get; init; }

    public AddressField? ReplyTo { get; init; }

    public required string Subject { get; init; }

    /// <summary>As given or rendered; null when there was none, and when retention took it.</summary>
    public string? Html { get; init; }

    public string? Text { get; init; }

    public string? TemplateId { get; init; }

    public QueueId? InReplyTo { get; init; }

    /// <summary>Message-ID with its brackets.</summary>
    public required string MessageIdField { get; init; }

    /// <summary>References with their brackets, oldest first.</summary>
    public IReadOnlyList<string> References { get; init; } = [];

    /// <summary>When it is due, for one that was scheduled. Kept in the message row.</summary>
    public DateTimeOffset? ScheduledAt { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public MailStream Stream { get; init; }
}
