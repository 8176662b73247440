using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Answers why a message is not sent yet.</summary>
public interface IDeliveryExplainer
{
    /// <param name="recipientId">Null: every recipient that is not final, at most 100.</param>
    /// <returns>Null when there is no such message or recipient.</returns>
    ValueTask<DeliveryExplanation?> ExplainAsync(QueueId messageId, long? recipientId, CancellationToken cancellationToken);
}

/// <param name="Flow">Whose turn the mail takes.</param>
/// <param name="Open">Recipients that are not final, explained or not.</param>
public sealed record DeliveryExplanation(QueueId MessageId, QueueFlow Flow, DateTimeOffset At, int Open, IReadOnlyList<RecipientExplanation> Recipients);

/// <summary>One recipient.</summary>
public sealed record RecipientExplanation
{
    public required QueuedRecipient Recipient { get; init; }

    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>One sentence: what binds now, else that nothing does.</summary>
    public required string Summary { get; init; }

    /// <summary>Everything that keeps it from being sent now; the first binds. Empty: nothing, it goes any moment, or it is final.</summary>
    public required IReadOnlyList<DeliveryBlocker> Blockers { get; init; }

    /// <summary>Where it would go; null for final recipients.</summary>
    public RouteExplanation? Route { get; init; }

    /// <summary>Waits between attempts, and which setting says so.</summary>
    public LimitExplanation? Retry { get; init; }

    /// <summary>Recipients of the same lane and priority that are due before it; 10,000 means at least as many.</summary>
    public int Ahead { get; init; }

    /// <summary>The earliest time at which it may be tried, as far as clocks and limits tell; null when that depends on others.</summary>
    public DateTimeOffset? Estimate { get; init; }

    /// <summary>The last three attempts with their replies and conversations, newest first.</summary>
    public required IReadOnlyList<DeliveryEvent> Attempts { get; init; }
}

/// <param name="What">A sentence.</param>
/// <param name="Origin">Which setting, rule or operator says so.</param>
/// <param name="Until">When it lets go, or when the next token comes; null when that depends on others.</param>
public sealed record DeliveryBlocker(string What, string Origin, DateTimeOffset? Until);
