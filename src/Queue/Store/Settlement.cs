namespace Relay.Queue;

/// <summary>Outcomes of one task, to be recorded in one transaction.</summary>
public sealed record Settlement
{
    public required LeaseToken Lease { get; init; }

    public required QueueId MessageId { get; init; }

    public required long VariantId { get; init; }

    public required IReadOnlyList<RecipientSettlement> Recipients { get; init; }

    /// <summary>Kept for the next attempt when recipients were deferred; null leaves what is stored.</summary>
    public VariantSignature? Signature { get; init; }

    /// <summary>
    /// Our own reports about these outcomes, enqueued in the same transaction so that none is lost. A settle hands out no tasks: those
    /// that ask to be born leased are stored Ready.
    /// </summary>
    public IReadOnlyList<MessageDraft> Reports { get; init; } = [];
}

/// <summary>New state of one recipient with the event that tells why.</summary>
public sealed record RecipientSettlement
{
    public required long RecipientId { get; init; }

    /// <summary>Deferred, Held or a final state.</summary>
    public required RecipientState State { get; init; }

    public required int Attempts { get; init; }

    /// <summary>For Deferred.</summary>
    public DateTimeOffset? NextAttempt { get; init; }

    public string? LastReply { get; init; }

    public string? LastHost { get; init; }

    /// <summary>A report in this settlement tells the sender that the recipient waits; remembered for <see cref="QueuedRecipient.IsDelayReported"/>.</summary>
    public bool IsDelayReported { get; init; }

    public required DeliveryEvent Event { get; init; }
}
