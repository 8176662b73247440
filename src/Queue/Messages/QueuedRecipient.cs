using Relay.Mail;

namespace Relay.Queue;

/// <summary>One recipient of one message: the unit of state.</summary>
public sealed record QueuedRecipient
{
    /// <summary>Assigned by the store; increases with time.</summary>
    public required long Id { get; init; }

    public required QueueId MessageId { get; init; }

    public required long VariantId { get; init; }

    public required Mailbox Address { get; init; }

    /// <summary>Recipient domain (A-label or bracketed literal), with <c>#name</c> behind it when a routing rule applies; or <c>@name</c> of an internal route.</summary>
    public required string QueueKey { get; init; }

    public DsnNotify Notify { get; init; }

    public string? OriginalRecipient { get; init; }

    /// <summary>The sender has been told that this recipient waits; told once only.</summary>
    public bool IsDelayReported { get; init; }

    /// <summary>An operator let it go once: gates that hold mail do not hold it again.</summary>
    public bool IsReleased { get; init; }

    public required RecipientState State { get; init; }

    /// <summary>Attempts that reached a decision; waiting for a limit is none.</summary>
    public int Attempts { get; init; }

    /// <summary>Meaningful in waiting states.</summary>
    public DateTimeOffset NextAttempt { get; init; }

    /// <summary>When state last changed.</summary>
    public DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Last reply or failure as one line, bounded to 1,000 characters; null before the first attempt. Why it is held, where a gate at the door holds it.</summary>
    public string? LastReply { get; init; }

    /// <summary>Host and address that gave <see cref="LastReply"/>.</summary>
    public string? LastHost { get; init; }
}
