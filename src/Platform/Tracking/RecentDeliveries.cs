using Relay.Queue;

namespace Relay.Platform.Tracking;

/// <summary>Remembers when copies were delivered a moment ago: nobody reads within seconds. In memory only; after a start it begins with what waits in the outbox.</summary>
internal sealed class RecentDeliveries : IEventObserver
{
    private const int Capacity = 20_000;

    private readonly RecentTable<(QueueId, string), DateTimeOffset> _deliveries = new(Capacity);

    public string Name => "tracking";

    public DateTimeOffset? DeliveredAt(QueueId id, string recipient) =>
        _deliveries.TryGet(KeyOf(id, recipient), out var at) ? at : null;

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => ValueTask.FromResult(0L);

    public ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken)
    {
        foreach (var delivered in events)
        {
            if (delivered is { Kind: DeliveryEventKind.Delivered, Recipient: { } recipient })
            {
                _deliveries.Set(KeyOf(delivered.MessageId, recipient), delivered.At);
            }
        }

        return ValueTask.CompletedTask;
    }

    private static (QueueId, string) KeyOf(QueueId id, string recipient) => (id, recipient.ToLowerInvariant());
}
