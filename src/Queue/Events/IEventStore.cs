namespace Relay.Queue;

/// <summary>The history of events, for operators and APIs; fed by the pump.</summary>
public interface IEventStore
{
    /// <summary>Newest first.</summary>
    ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(EventFilter filter, CancellationToken cancellationToken);

    /// <summary>Deletes what is older than the given ages, in small pieces.</summary>
    ValueTask ApplyRetentionAsync(TimeSpan events, TimeSpan conversations, CancellationToken cancellationToken);
}

/// <summary>Conditions joined by and; null means any.</summary>
public sealed record EventFilter
{
    public long? AccountId { get; init; }

    public QueueId? MessageId { get; init; }

    /// <summary>Whole address, compared without regard to case.</summary>
    public string? Recipient { get; init; }

    /// <summary>Recipient domain, A-label.</summary>
    public string? Domain { get; init; }

    public IReadOnlyList<DeliveryEventKind>? Kinds { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Sequences below this one; from an earlier page.</summary>
    public long? Before { get; init; }

    /// <summary>Sequences above this one: what has happened since.</summary>
    public long? After { get; init; }

    /// <summary>1–500.</summary>
    public int Limit { get; init; } = 50;
}
