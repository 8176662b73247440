using System.Threading.Channels;

namespace Relay.Delivery;

/// <summary>Decisions on their way to the store: added without waiting, bounded; when the store is away for long the oldest are lost, not mail. Thread safe.</summary>
internal sealed class DecisionLog(DeliveryMetrics metrics)
{
    private const int Capacity = 10_000;

    private readonly Channel<ShapingDecision> _waiting = Channel.CreateBounded<ShapingDecision>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public void Add(ShapingDecision decision)
    {
        metrics.ShapingDecided(decision.Act);
        _waiting.Writer.TryWrite(decision);
    }

    /// <summary>Returns when there is something to read.</summary>
    public async ValueTask WaitAsync(CancellationToken cancellationToken) => await _waiting.Reader.WaitToReadAsync(cancellationToken);

    /// <summary>What waits, in order, at most so many.</summary>
    public IReadOnlyList<ShapingDecision> Take(int most)
    {
        var taken = new List<ShapingDecision>();
        while (taken.Count < most && _waiting.Reader.TryRead(out var decision))
        {
            taken.Add(decision);
        }

        return taken;
    }
}
