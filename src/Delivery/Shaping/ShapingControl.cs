using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What operators see and end of shaping.</summary>
public interface IShapingControl
{
    ValueTask<IReadOnlyList<ShapingDecision>> ListAsync(DecisionFilter filter, CancellationToken cancellationToken);

    /// <summary>Ends a decision that is in force, at once.</summary>
    /// <returns>As it is now; null when there is none in force by that id.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was changed.</exception>
    ValueTask<ShapingDecision?> EndAsync(long id, CancellationToken cancellationToken);
}

/// <inheritdoc/>
internal sealed class ShapingControl(Shaper shaper, IShapingDecisionStore store, TimeProvider time) : IShapingControl
{
    public ValueTask<IReadOnlyList<ShapingDecision>> ListAsync(DecisionFilter filter, CancellationToken cancellationToken) => store.ListAsync(filter, cancellationToken);

    public async ValueTask<ShapingDecision?> EndAsync(long id, CancellationToken cancellationToken)
    {
        var ended = await store.EndAsync(id, time.GetUtcNow(), cancellationToken);
        if (ended is not null)
        {
            shaper.End(ended);
        }

        return ended;
    }
}
