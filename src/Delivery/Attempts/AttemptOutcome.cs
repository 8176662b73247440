using Relay.Mail;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

internal enum OutcomeKind
{
    Delivered,
    Deferred,
    Rejected,

    /// <summary>Lost after the final dot: the peer may have taken it (RFC 5321 §6.1). Tried again, or held where the operator prefers that.</summary>
    Unknown,

    /// <summary>Kept readable here.</summary>
    Captured,

    /// <summary>Came onto the suppression list since it was accepted.</summary>
    Suppressed,

    /// <summary>Kept until an operator lets it go; no attempt is counted.</summary>
    Held,

    /// <summary>Nothing was tried for this recipient; no attempt is counted.</summary>
    NotAttempted,
}

/// <summary>What an attempt came to for one recipient, with everything known about why.</summary>
internal sealed record AttemptOutcome
{
    public required OutcomeKind Kind { get; init; }

    /// <summary>Class 2, 4 or 5, from the peer's reply where it fits, else ours (RFC 3463).</summary>
    public required EnhancedStatusCode Status { get; init; }

    /// <summary>One sentence: the peer's text or our reason.</summary>
    public required string Text { get; init; }

    /// <summary>The peer's reply; null when we decided.</summary>
    public SmtpReply? Reply { get; init; }

    /// <summary>Bounce class; null for success.</summary>
    public string? Class { get; init; }

    public FaultSide Fault { get; init; }

    /// <summary>What the rules made of the reply; null for success and where we decided.</summary>
    public BounceVerdict? Verdict { get; init; }

    public TransactionStep? Step { get; init; }

    public string? RemoteHost { get; init; }

    public string? RemoteAddress { get; init; }

    /// <summary>Said by a host that does not belong to the site (<see cref="RouteHost.IsForeign"/>).</summary>
    public bool IsForeign { get; init; }

    public string? Tls { get; init; }

    /// <summary>For failures, at most 4 KB.</summary>
    public string? Conversation { get; init; }

    /// <summary>Delivered to a peer that offers DSN, and with it the duty to report success (RFC 3461 §5.2.1).</summary>
    public bool IsPassedToDsnPeer { get; init; }

    /// <summary>When to try again in place of the retry schedule.</summary>
    public DateTimeOffset? RetryAt { get; init; }

    public bool IsFailure => Kind is OutcomeKind.Deferred or OutcomeKind.Rejected or OutcomeKind.Unknown;

    public static AttemptOutcome Delivered(string text) =>
        new() { Kind = OutcomeKind.Delivered, Status = new EnhancedStatusCode(2, 0, 0), Text = text };

    public static AttemptOutcome Failed(RouteFailure failure) => new()
    {
        Kind = failure.IsPermanent ? OutcomeKind.Rejected : OutcomeKind.Deferred,
        Status = failure.Status,
        Text = failure.Text,
        Class = failure.Class,
        Fault = failure.Fault,
    };

    public static AttemptOutcome NotAttempted(string reason, DateTimeOffset retryAt) => new()
    {
        Kind = OutcomeKind.NotAttempted,
        Status = new EnhancedStatusCode(4, 0, 0),
        Text = reason,
        RetryAt = retryAt,
    };
}

/// <summary>A recipient with its outcome.</summary>
internal readonly record struct RecipientOutcome(QueuedRecipient Recipient, AttemptOutcome Outcome);
