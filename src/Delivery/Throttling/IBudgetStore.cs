namespace Relay.Delivery;

/// <summary>Counts of one throttle, as text.</summary>
public sealed record StoredBudget(string Name, string State);

/// <summary>Keeps the counts of limits over an hour or more, so that a restart does not give a second day's budget.</summary>
public interface IBudgetStore
{
    ValueTask<IReadOnlyList<StoredBudget>> LoadAsync(CancellationToken cancellationToken);

    /// <summary>Replaces what is kept under these names, and forgets what nobody touched for two days.</summary>
    ValueTask SaveAsync(IReadOnlyList<StoredBudget> budgets);
}
