using Relay.Platform.Tracking;
using Relay.Queue;

namespace Relay.Platform.Analytics;

/// <summary>Turns events into counts.</summary>
internal sealed class AnalyticsObserver(IAnalyticsStore store, IQueueStore queue) : IEventObserver
{
    // Messages of the last minutes: outcomes of one message come close together.
    private const int KnownMessages = 10_000;

    private readonly RecentTable<QueueId, QueuedMessage> _known = new(KnownMessages);

    public string Name => "analytics";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => store.CursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var facts = await FactsAsync(events, cancellationToken);
        var counted = events
            .Select(deliveryEvent => CountedEvent.Of(deliveryEvent, facts.GetValueOrDefault(deliveryEvent.MessageId)))
            .OfType<CountedEvent>()
            .ToArray();
        await store.AddAsync(counted, events[^1].Sequence, cancellationToken);
    }

    private async ValueTask<Dictionary<QueueId, QueuedMessage>> FactsAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        var facts = new Dictionary<QueueId, QueuedMessage>();
        var unknown = new List<QueueId>();
        foreach (var id in events.Where(CountedEvent.IsCounted).Select(deliveryEvent => deliveryEvent.MessageId).Distinct())
        {
            if (_known.TryGet(id, out var message))
            {
                facts.Add(id, message);
            }
            else
            {
                unknown.Add(id);
            }
        }

        if (unknown.Count > 0)
        {
            foreach (var (id, message) in await queue.FactsAsync(unknown, cancellationToken))
            {
                facts.Add(id, message);
                _known.Set(id, message);
            }
        }

        return facts;
    }
}
