using Relay.Mail;

namespace Relay.Queue;

/// <summary>The message row: everything about a message that is not its content or its recipients. Header facts stay when the content goes.</summary>
public sealed record QueuedMessage
{
    public required QueueId Id { get; init; }

    public long AccountId { get; init; } = 1;

    public required Door Door { get; init; }

    /// <summary>Credential that submitted it; null for relay networks and our own reports.</summary>
    public long? CredentialId { get; init; }

    /// <summary>Name of that credential at the time.</summary>
    public string? User { get; init; }

    public MailStream Stream { get; init; }

    /// <summary>The list it belongs to, for suppressions of that list; null when it belongs to none.</summary>
    public string? ListId { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public MessagePriority Priority { get; init; } = MessagePriority.Normal;

    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>Not to be attempted before; null means at once.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Given up for good after this instant.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public required ReversePath ReversePath { get; init; }

    public BodyType BodyType { get; init; }

    public bool SmtpUtf8 { get; init; }

    public bool RequireTls { get; init; }

    public DsnReturn Return { get; init; }

    public string? EnvelopeId { get; init; }

    /// <summary>Decoded From header, at most 1,000 characters.</summary>
    public string? HeaderFrom { get; init; }

    /// <summary>Domain of the first From mailbox, A-label; decides who signs. Null where others wrote the message (<see cref="Submission.IsForeign"/>).</summary>
    public string? FromDomain { get; init; }

    /// <summary>Decoded Subject, at most 1,000 characters.</summary>
    public string? Subject { get; init; }

    /// <summary>Message-ID with its angle brackets.</summary>
    public string? MessageId { get; init; }

    public string? IdempotencyKey { get; init; }

    /// <summary>Address of the submitting client; null for our own reports.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>Octets of the content as accepted, without prefix.</summary>
    public required long SizeBytes { get; init; }
}
