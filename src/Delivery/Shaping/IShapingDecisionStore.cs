namespace Relay.Delivery;

/// <summary>Decisions about sites and sources, durable and bounded: the newest ten thousand, and all in force. Thread safe.</summary>
public interface IShapingDecisionStore
{
    const int MaxDecisions = 10_000;

    /// <summary>Stores them in one transaction, in this order.</summary>
    ValueTask AppendAsync(IReadOnlyList<ShapingDecision> decisions, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    ValueTask<IReadOnlyList<ShapingDecision>> ListAsync(DecisionFilter filter, CancellationToken cancellationToken);

    /// <summary>Ends one that is in force.</summary>
    /// <returns>As it is now; null when there is none in force by that id.</returns>
    ValueTask<ShapingDecision?> EndAsync(long id, DateTimeOffset at, CancellationToken cancellationToken);
}

/// <summary>Conditions joined by and; null means any.</summary>
public sealed record DecisionFilter
{
    public string? Site { get; init; }

    public string? Source { get; init; }

    /// <summary>Only those in force at this instant.</summary>
    public DateTimeOffset? ActiveAt { get; init; }

    /// <summary>Ids below this one; from an earlier page.</summary>
    public long? Before { get; init; }

    /// <summary>1–10,000.</summary>
    public int Limit { get; init; } = 50;
}
