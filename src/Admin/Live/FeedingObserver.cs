using Relay.Queue;

namespace Relay.Admin;

/// <summary>Publishes events once the history has them, so that what is seen live can be looked up at once.</summary>
public sealed class FeedingObserver(IEventObserver history, EventFeed feed) : IEventObserver
{
    public string Name => history.Name;

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => history.CursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        await history.ObserveAsync(events, cancellationToken);
        feed.Publish(events);
    }
}
