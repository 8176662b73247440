using Relay.Mail;

namespace Relay.Queue;

/// <summary>What a door knows of a message besides its content.</summary>
public sealed record Submission
{
    public required Envelope Envelope { get; init; }

    public required Door Door { get; init; }

    /// <summary>Chosen by a door that must know it before it composes; null lets the intake choose.</summary>
    public QueueId? Id { get; init; }

    public long AccountId { get; init; } = 1;

    public long? CredentialId { get; init; }

    /// <summary>Name of that credential, for rules that route by it.</summary>
    public string? User { get; init; }

    /// <summary>
    /// Stands behind the domain in every recipient's queue key instead of the rule that would apply; null: the rules are asked.
    /// </summary>
    public string? Rule { get; init; }

    /// <summary>True for recipients that are addresses for reports: they wait under <see cref="OwnKeys.Reports"/>. Null: none is.</summary>
    public Func<Mailbox, bool>? IsForReports { get; init; }

    /// <summary>As <see cref="Rule"/>: deliver for real, past sandbox and capture routes. No configured rule can have this name.</summary>
    public const string DeliverRule = "!deliver";

    /// <summary>For the Received field; null for messages we make ourselves.</summary>
    public TraceInfo? Trace { get; init; }

    /// <summary>Who handed it in, for operators; null means as <see cref="Trace"/> says.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>Add Date and Message-ID when missing (RFC 6409 §8): for submissions, not for relayed mail.</summary>
    public bool CompleteHeaders
    {
        get => AddDate && AddMessageId;
        init => AddDate = AddMessageId = value;
    }

    public bool AddDate { get; init; }

    public bool AddMessageId { get; init; }

    /// <summary>The fields of its stream are added (<see cref="IStreamFields"/>): for mail of our own senders, not for what passes through or comes in.</summary>
    public bool AddStreamFields { get; init; }

    /// <summary>Others wrote it, and it is only passed on to us or our senders: nobody signs for the domain in its From, nor does that domain get a return path.</summary>
    public bool IsForeign { get; init; }

    /// <summary>The door's own look at the header block: the reply that refuses the message, null to take it.</summary>
    public Func<HeaderBlock, SmtpReply?>? Review { get; init; }

    public MailStream Stream { get; init; }

    /// <summary>Suppressions of this list count, too (<see cref="SuppressionScope.OfList"/>); null: none.</summary>
    public string? ListId { get; init; }

    public MessagePriority Priority { get; init; } = MessagePriority.Normal;

    public IReadOnlyList<string> Tags { get; init; } = [];

    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Null means by the configured expiry.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    public string? IdempotencyKey { get; init; }
}

/// <summary>What goes into Received (RFC 5321 §4.4).</summary>
/// <param name="HelloName">As the client said it; may be nonsense, never trusted.</param>
/// <param name="Protocol">For example ESMTPSA (RFC 3848).</param>
/// <param name="Tls">Cipher suite for the tls clause of RFC 8314 §4.3; null in clear.</param>
public sealed record TraceInfo(string HelloName, System.Net.IPAddress ClientAddress, string Protocol, string? Tls)
{
    /// <summary>Id of the user of this machine who handed it in; it stands in place of name and address. Null for what came by a connection.</summary>
    public uint? LocalUserId { get; init; }

    /// <summary>Received does not say from where: recipients need not learn a user's address. The queue knows it all the same.</summary>
    public bool IsClientHidden { get; init; }
}
