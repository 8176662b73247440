namespace Relay.Delivery;

/// <summary>Progress of warm-up plans, durable. Thread safe.</summary>
public interface IWarmupStore
{
    /// <summary>The last event whose complaint was counted; 0 when none.</summary>
    ValueTask<long> CursorAsync(CancellationToken cancellationToken);

    ValueTask<IReadOnlyList<WarmupProgress>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Stores progress and, where given, the cursor, in one transaction.</summary>
    ValueTask SaveAsync(IReadOnlyList<WarmupProgress> progress, long? cursor, CancellationToken cancellationToken);
}
