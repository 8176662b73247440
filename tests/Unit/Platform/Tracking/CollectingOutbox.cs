using System.Collections.Concurrent;
using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>Keeps what is appended; can refuse for a while.</summary>
internal sealed class CollectingOutbox : IEventOutbox
{
    public event Action? EventsAdded;

    public ConcurrentQueue<DeliveryEvent> Events { get; } = new();

    public int FailuresLeft { get; set; }

    public ValueTask AppendAsync(IReadOnlyList<DeliveryEvent> events)
    {
        if (FailuresLeft > 0)
        {
            FailuresLeft--;
            throw new StoreUnavailableException("full");
        }

        foreach (var added in events)
        {
            Events.Enqueue(added);
        }

        EventsAdded?.Invoke();
        return ValueTask.CompletedTask;
    }

    public ValueTask<IReadOnlyList<DeliveryEvent>> ReadAsync(long after, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<DeliveryEvent>>([.. Events]);

    public ValueTask<bool> PruneAsync(long through, CancellationToken cancellationToken) => ValueTask.FromResult(true);
}
