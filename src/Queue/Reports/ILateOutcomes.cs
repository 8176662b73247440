namespace Relay.Queue;

/// <summary>What is learned of mail after it was handed over.</summary>
public interface ILateOutcomes
{
    /// <summary>
    /// Records late bounces and further events, with reports about them, in one transaction. A recipient that is not in state Delivered
    /// any more keeps its state and gets no event: the same report a second time changes nothing.
    /// </summary>
    /// <returns>How many recipients became Bounced.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was recorded.</exception>
    ValueTask<int> RecordLateAsync(LateOutcome outcome);

    /// <summary>The first message accepted between two instants whose Message-ID is this one, with its angle brackets; null: none.</summary>
    /// <remarks>Bounded: of a crowded time only the first <paramref name="maxLooked"/> messages are looked at. Nothing is kept for it on the way in.</remarks>
    ValueTask<QueueId?> FindByMessageIdAsync(string messageId, DateTimeOffset from, DateTimeOffset to, int maxLooked, CancellationToken cancellationToken);
}

/// <summary>What one report comes to.</summary>
public sealed record LateOutcome
{
    public IReadOnlyList<LateBounce> Bounces { get; init; } = [];

    /// <summary>Complaints, unsubscriptions, and reports that change no state.</summary>
    public IReadOnlyList<DeliveryEvent> Events { get; init; } = [];

    /// <summary>To be enqueued with it; none is stored Leased.</summary>
    public IReadOnlyList<MessageDraft> Reports { get; init; } = [];
}

/// <summary>A recipient that was refused after all.</summary>
public sealed record LateBounce(long RecipientId, string? LastReply, string? LastHost, DeliveryEvent Event);
