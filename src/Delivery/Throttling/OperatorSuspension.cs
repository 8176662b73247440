namespace Relay.Delivery;

/// <summary>An operator's word that mail of somebody, or to somewhere, waits. Waiting is no attempt; the time until a message expires goes on.</summary>
public sealed record OperatorSuspension
{
    /// <summary>Assigned by the store.</summary>
    public long Id { get; init; }

    /// <summary>All but <see cref="LimitScope.Path"/>.</summary>
    public required LimitScope Scope { get; init; }

    /// <summary>Name of what is meant: a domain, the number of an account, a login, a campaign, <c>broadcast</c>, a site, a source.</summary>
    public required string Name { get; init; }

    public required string Reason { get; init; }

    public required string Actor { get; init; }

    public required DateTimeOffset Since { get; init; }

    /// <summary>Null: until it is ended.</summary>
    public DateTimeOffset? Until { get; init; }

    public bool IsActive(DateTimeOffset now) => Until is null || Until > now;

    public override string ToString() => $"{Scope.ToString().ToLowerInvariant()} {Name} is suspended by {Actor}: {Reason}";
}

/// <summary>Keeps suspensions over a restart. Returns when the change is durable.</summary>
public interface IOperatorSuspensionStore
{
    /// <summary>Those not over at <paramref name="now"/>, oldest first.</summary>
    ValueTask<IReadOnlyList<OperatorSuspension>> ListAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Stores it in place of an earlier one of the same scope and name; returns it with its id. Forgets those that are over.</summary>
    ValueTask<OperatorSuspension> AddAsync(OperatorSuspension suspension, CancellationToken cancellationToken);

    /// <returns>False when there is none.</returns>
    ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken);
}

/// <summary>Suspends and resumes delivery by account, login, stream, campaign, domain, site or source.</summary>
public interface IOperatorSuspensions
{
    /// <summary>In force now, oldest first.</summary>
    IReadOnlyList<OperatorSuspension> Active();

    /// <summary>In force at once and durable. What waits in memory goes back to the queue uncounted; what is under way ends.</summary>
    ValueTask<OperatorSuspension> AddAsync(OperatorSuspension suspension, CancellationToken cancellationToken);

    /// <summary>Ends one; its mail flows again within seconds. Null when there is none.</summary>
    ValueTask<OperatorSuspension?> EndAsync(long id, CancellationToken cancellationToken);
}
