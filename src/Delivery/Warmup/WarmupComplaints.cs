using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Counts complaints to the path that delivered what was complained about.</summary>
internal sealed class WarmupComplaints(WarmupGate gate, IWarmupStore store, IEventStore events) : IEventObserver
{
    private static readonly IReadOnlyList<DeliveryEventKind> Delivered = [DeliveryEventKind.Delivered];

    public string Name => "warmup";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => store.CursorAsync(cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> batch, CancellationToken cancellationToken)
    {
        foreach (var complaint in batch.Where(e => e.Kind == DeliveryEventKind.Complained))
        {
            await CountAsync(complaint, cancellationToken);
        }

        await store.SaveAsync(gate.TakeChanged(), batch[^1].Sequence, cancellationToken);
    }

    private async ValueTask CountAsync(DeliveryEvent complaint, CancellationToken cancellationToken)
    {
        var filter = new EventFilter { MessageId = complaint.MessageId, Recipient = complaint.Recipient, Kinds = Delivered, Limit = 1 };
        if (await events.ListAsync(filter, cancellationToken) is [{ Site: { } site, Source: { } source }])
        {
            gate.Count(new PathKey(site, source), new WarmupCounts(0, 0, 0, 1));
        }
    }
}
