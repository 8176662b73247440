using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>The values are stored.</summary>
public enum WebhookDeliveryStatus
{
    /// <summary>Waits for its first or next try.</summary>
    Pending = 0,
    Succeeded = 1,

    /// <summary>Given up.</summary>
    Failed = 2,
}

/// <summary>Something that happened, written once for all webhooks that hear of it.</summary>
public sealed record WebhookEventDraft
{
    public required long AccountId { get; init; }

    /// <summary>Stays the same over retries and replays; receivers know repetitions by it.</summary>
    public required Guid Uid { get; init; }

    /// <summary>Sequence of the delivery event behind it; 0 when there is none.</summary>
    public long Sequence { get; init; }

    public required string Type { get; init; }

    public QueueId? MessageId { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }

    public required IReadOnlyList<WebhookTarget> Targets { get; init; }
}

/// <param name="IsOrdered">It waits until nothing else about its message is pending for this webhook.</param>
public readonly record struct WebhookTarget(long WebhookId, bool IsOrdered);

/// <summary>A delivery to be tried now.</summary>
public sealed record WebhookDue
{
    public required long Id { get; init; }

    public required Guid Uid { get; init; }

    public required long WebhookId { get; init; }

    public required Guid EventUid { get; init; }

    public required string Type { get; init; }

    public QueueId? MessageId { get; init; }

    /// <summary>Failed tries since it was created or last replayed.</summary>
    public required int Tries { get; init; }

    public required ReadOnlyMemory<byte> Body { get; init; }
}

/// <param name="Due">In order of their times.</param>
/// <param name="Next">When the next of the rest is due; null when nothing waits for a time.</param>
public sealed record WebhookDuePage(IReadOnlyList<WebhookDue> Due, DateTimeOffset? Next);

/// <summary>How one try went.</summary>
public sealed record WebhookTry
{
    public required DateTimeOffset At { get; init; }

    /// <summary>HTTP status; null when there was no response.</summary>
    public int? ResponseStatus { get; init; }

    /// <summary>At most 4 KiB of it.</summary>
    public ReadOnlyMemory<byte> ResponseBody { get; init; }

    /// <summary>Why it counts as a failure; null for a success.</summary>
    public string? Error { get; init; }

    public required int DurationMs { get; init; }

    /// <summary>As sent, one "name: value" a line; values of the owner's own headers masked.</summary>
    public required string RequestHeaders { get; init; }

    public bool IsSuccess => Error is null;
}

/// <summary>A delivery as its owner sees it.</summary>
public sealed record WebhookDelivery
{
    public required long Id { get; init; }

    public required Guid Uid { get; init; }

    public required Guid EventUid { get; init; }

    public required string Type { get; init; }

    public QueueId? MessageId { get; init; }

    public required WebhookDeliveryStatus Status { get; init; }

    /// <summary>All tries ever, those before a replay too.</summary>
    public required int Attempts { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Null when it is finished, or waits for an earlier one about the same message.</summary>
    public DateTimeOffset? NextTryAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Null before the first.</summary>
    public WebhookTry? LastTry { get; init; }

    /// <summary>What is posted; only where one delivery is asked for.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}
