namespace Relay.Queue;

/// <summary>How many events the history holds, by time and kind.</summary>
public interface IEventCounts
{
    /// <summary>The last event the history has taken over; 0 when none.</summary>
    ValueTask<long> CursorAsync(CancellationToken cancellationToken);

    /// <param name="from">First instant that counts.</param>
    /// <param name="until">First instant that counts no more.</param>
    /// <returns>In no order; seconds and kinds without events are left out.</returns>
    ValueTask<IReadOnlyList<EventCount>> CountAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken);
}

/// <summary>Events of one kind within one second.</summary>
/// <param name="At">The whole second they began in.</param>
public readonly record struct EventCount(DateTimeOffset At, DeliveryEventKind Kind, long Count);
