namespace Relay.Queue;

/// <summary>Events committed with their state change, waiting to be pumped to the observers.</summary>
public interface IEventOutbox
{
    /// <summary>Events with a sequence above <paramref name="after"/>, in order.</summary>
    ValueTask<IReadOnlyList<DeliveryEvent>> ReadAsync(long after, int limit, CancellationToken cancellationToken);

    /// <summary>Adds events that change no recipient's state, such as an open: durable when it returns.</summary>
    /// <exception cref="StoreUnavailableException">Nothing was added.</exception>
    ValueTask AppendAsync(IReadOnlyList<DeliveryEvent> events);

    /// <summary>Deletes events up to and including <paramref name="through"/>.</summary>
    /// <returns>False when the store keeps them for now: ask again later.</returns>
    ValueTask<bool> PruneAsync(long through, CancellationToken cancellationToken);

    /// <summary>Raised after a commit that added events. Handlers must be quick and must not throw.</summary>
    event Action? EventsAdded;
}

/// <summary>Something that follows all events in order, at least once; idempotent by sequence.</summary>
public interface IEventObserver
{
    string Name { get; }

    /// <summary>The last sequence this observer has dealt with; 0 when none.</summary>
    ValueTask<long> CursorAsync(CancellationToken cancellationToken);

    /// <summary>Deals with a batch in order and remembers the last sequence.</summary>
    ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken);
}
