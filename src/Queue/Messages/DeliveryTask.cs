namespace Relay.Queue;

/// <summary>Leased work: one variant and its due recipients of one queue key.</summary>
public sealed record DeliveryTask
{
    public required LeaseToken Lease { get; init; }

    public required QueuedMessage Message { get; init; }

    public required Variant Variant { get; init; }

    public required string QueueKey { get; init; }

    /// <summary>At least one, at most 100, all leased under <see cref="Lease"/>.</summary>
    public required IReadOnlyList<QueuedRecipient> Recipients { get; init; }

    /// <summary>Content in memory when the task was born leased; null means: open it from the spool.</summary>
    public ReadOnlyMemory<byte>? Content { get; init; }
}

/// <summary>Names one lease: process epoch and number within it. A settle with another token changes nothing.</summary>
public readonly record struct LeaseToken(long Epoch, long Number);
