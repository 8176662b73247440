using Relay.Delivery;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>Decisions without an engine behind them.</summary>
internal sealed class StoredShaping : IShapingControl
{
    public MemoryShapingDecisionStore Store { get; } = new();

    public DateTimeOffset Now { get; set; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public ValueTask<IReadOnlyList<ShapingDecision>> ListAsync(DecisionFilter filter, CancellationToken cancellationToken) => Store.ListAsync(filter, cancellationToken);

    public ValueTask<ShapingDecision?> EndAsync(long id, CancellationToken cancellationToken) => Store.EndAsync(id, Now, cancellationToken);
}
