using Relay.Delivery;

namespace Relay.Tests.Support;

/// <summary>Decisions as a plain list under one lock.</summary>
public sealed class MemoryShapingDecisionStore : IShapingDecisionStore
{
    private readonly Lock _lock = new();
    private List<ShapingDecision> _decisions = [];
    private long _lastId;

    public ValueTask AppendAsync(IReadOnlyList<ShapingDecision> decisions, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _decisions.AddRange(decisions.Select(decision => decision with { Id = ++_lastId }));
            if (decisions.Count > 0)
            {
                _decisions = [.. _decisions.Where(d => d.Id > _lastId - IShapingDecisionStore.MaxDecisions || d.Until > decisions[^1].At)];
            }

            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<IReadOnlyList<ShapingDecision>> ListAsync(DecisionFilter filter, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<ShapingDecision>>(
            [
                .. _decisions
                    .Where(d => d.Id < (filter.Before ?? long.MaxValue)
                        && (filter.Site is null || d.Site == filter.Site)
                        && (filter.Source is null || d.Source == filter.Source)
                        && (filter.ActiveAt is not { } at || d.IsActive(at)))
                    .OrderByDescending(d => d.Id)
                    .Take(filter.Limit),
            ]);
        }
    }

    public ValueTask<ShapingDecision?> EndAsync(long id, DateTimeOffset at, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            var index = _decisions.FindIndex(d => d.Id == id && d.IsActive(at));
            return ValueTask.FromResult(index < 0 ? null : _decisions[index] = _decisions[index] with { EndedAt = at });
        }
    }
}
