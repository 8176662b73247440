using Relay.Queue;

namespace Relay.Platform.Analytics;

/// <summary>The history of one account's events, oldest first, for reading all of it in pages.</summary>
public interface IAccountEvents
{
    /// <param name="after">Instant and sequence of the last event of the page before; null for the first page.</param>
    /// <param name="kinds">Empty means all.</param>
    ValueTask<IReadOnlyList<DeliveryEvent>> ReadAsync(
        long accountId,
        DateTimeOffset from,
        DateTimeOffset to,
        IReadOnlyList<DeliveryEventKind> kinds,
        (DateTimeOffset At, long Sequence)? after,
        int limit,
        CancellationToken cancellationToken);
}
