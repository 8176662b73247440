using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Of the queue in memory: what happened, in its order.</summary>
public sealed partial class MemoryQueueStore
{
    public event Action? EventsAdded;

    /// <summary>Every event ever stored, pruned or not.</summary>
    public IReadOnlyList<DeliveryEvent> AllEvents { get; private set; } = [];

    public ValueTask<IReadOnlyList<DeliveryEvent>> ReadAsync(long after, int limit, CancellationToken cancellationToken) =>
        Query<IReadOnlyList<DeliveryEvent>>(() => [.. _events.Where(stored => stored.Sequence > after).Take(limit)]);

    public async ValueTask AppendAsync(IReadOnlyList<DeliveryEvent> events)
    {
        RequireHealthy();
        await Change(() =>
        {
            foreach (var added in events)
            {
                Add(added);
            }

            return true;
        });
    }

    public async ValueTask<bool> PruneAsync(long through, CancellationToken cancellationToken)
    {
        await Change(() => _events.RemoveAll(stored => stored.Sequence <= through));
        return true;
    }

    private void Add(DeliveryEvent deliveryEvent)
    {
        var stored = deliveryEvent with { Sequence = _nextId++ };
        _events.Add(stored);
        AllEvents = [.. AllEvents, stored];
        _addedEvents = true;
    }
}
