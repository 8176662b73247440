namespace Relay.Queue;

/// <summary>Initial states of one variant's recipients, and the room reserved for those born leased. Disposing gives back unused room.</summary>
internal sealed class RecipientPlan : IDisposable
{
    private readonly IImmediateDispatch _dispatch;
    private readonly QueueFlow _flow;
    private readonly long _sizeBytes;
    private readonly HashSet<string> _reserved = new(StringComparer.Ordinal);
    private readonly List<RecipientDraft> _recipients = [];
    private readonly List<DeliveryEvent> _events = [];

    public RecipientPlan(IImmediateDispatch dispatch, QueueFlow flow, long sizeBytes)
    {
        _flow = flow;
        _dispatch = dispatch;
        _sizeBytes = sizeBytes;
    }

    public IReadOnlyList<RecipientDraft> Recipients => _recipients;

    public IReadOnlyList<DeliveryEvent> Events => _events;

    public void Add(RecipientDraft recipient) => _recipients.Add(recipient);

    public void Add(DeliveryEvent deliveryEvent) => _events.Add(deliveryEvent);

    public bool TryReserve(string queueKey) => _dispatch.TryReserve(queueKey, _flow, _sizeBytes) && _reserved.Add(queueKey);

    /// <summary>A key all of whose recipients turned out suppressed needs no room.</summary>
    public void DropUnusedReservations()
    {
        foreach (var key in _reserved.Where(key => !_recipients.Exists(r => r.QueueKey == key && r.State == RecipientState.Leased)).ToList())
        {
            _reserved.Remove(key);
            _dispatch.CancelReservation(key, _flow, _sizeBytes);
        }
    }

    /// <summary>Hands a durable task to delivery; it uses up the reservation of its key.</summary>
    public void HandOver(DeliveryTask task)
    {
        _reserved.Remove(task.QueueKey);
        _dispatch.Dispatch(task);
    }

    public void Dispose()
    {
        foreach (var key in _reserved)
        {
            _dispatch.CancelReservation(key, _flow, _sizeBytes);
        }

        _reserved.Clear();
    }
}
