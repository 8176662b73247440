namespace Relay.Platform.Webhooks;

/// <summary>An address of an application that is told what happens, as an account keeps it.</summary>
public sealed record Webhook
{
    /// <summary>0 until stored.</summary>
    public long Id { get; init; }

    /// <summary>What clients call it (UUID version 7).</summary>
    public required Guid Uid { get; init; }

    public required long AccountId { get; init; }

    /// <summary>Counts the changes; a higher one is newer.</summary>
    public long Revision { get; init; }

    public string? Name { get; init; }

    public required Uri Url { get; init; }

    /// <summary>Types it wants to hear of; empty means all.</summary>
    public IReadOnlyList<string> Events { get; init; } = [];

    public WebhookFilters Filters { get; init; } = WebhookFilters.None;

    /// <summary>Names of the own headers sent with every call; their values are in <see cref="SealedHeaders"/> only.</summary>
    public IReadOnlyList<string> HeaderNames { get; init; } = [];

    /// <summary>Names and values as JSON, sealed by the key ring; null when there are none.</summary>
    public ReadOnlyMemory<byte>? SealedHeaders { get; init; }

    public WebhookStatus Status { get; init; }

    /// <summary>Why it is not active, when this server decided that.</summary>
    public string? StatusReason { get; init; }

    /// <summary>Calls in one <see cref="RatePeriod"/> at most.</summary>
    public int RateLimit { get; init; } = DefaultRateLimit;

    public WebhookRatePeriod RatePeriod { get; init; }

    /// <summary>What concerns one message is told one after the other.</summary>
    public bool Ordered { get; init; }

    public required ReadOnlyMemory<byte> SealedSecret { get; init; }

    /// <summary>The secret before the last rotation; signs beside the new one until <see cref="PreviousSecretUntil"/>.</summary>
    public ReadOnlyMemory<byte>? SealedPreviousSecret { get; init; }

    public DateTimeOffset? PreviousSecretUntil { get; init; }

    /// <summary>Since when no call succeeded; null while calls succeed.</summary>
    public DateTimeOffset? FailingSince { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public const int DefaultRateLimit = 80;

    /// <summary>Whether what happens now is kept for it: switched off by its owner it hears nothing, failing it hears it later.</summary>
    public bool IsCollecting => Status != WebhookStatus.Inactive;

    public bool Wants(string type) => Events.Count == 0 || Events.Contains(type, StringComparer.Ordinal);
}

/// <summary>The values are stored.</summary>
public enum WebhookStatus
{
    Active = 0,

    /// <summary>Switched off by its owner, or it answered 410 Gone.</summary>
    Inactive = 1,

    /// <summary>Switched off by this server after lasting failure; what happens meanwhile waits until it is resumed.</summary>
    Error = 2,
}

/// <summary>The values are stored.</summary>
public enum WebhookRatePeriod
{
    Second = 0,
    Minute = 1,
}
