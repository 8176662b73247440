using Relay.Delivery;

namespace Relay.Tests.Support;

public sealed class MemoryBudgetStore : IBudgetStore
{
    public Dictionary<string, string> Stored { get; } = new(StringComparer.Ordinal);

    public ValueTask<IReadOnlyList<StoredBudget>> LoadAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<StoredBudget>>([.. Stored.Select(s => new StoredBudget(s.Key, s.Value))]);

    public ValueTask SaveAsync(IReadOnlyList<StoredBudget> budgets)
    {
        foreach (var (name, state) in budgets)
        {
            Stored[name] = state;
        }

        return ValueTask.CompletedTask;
    }
}
