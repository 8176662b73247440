namespace Relay.Senders;

public interface IAccountStore
{
    /// <summary>Adds and returns it with its id. A taken name fails with <see cref="DuplicateEntryException"/>.</summary>
    ValueTask<Account> AddAsync(Account account, CancellationToken cancellationToken);

    ValueTask<Account?> FindAsync(long id, CancellationToken cancellationToken);

    ValueTask<Account?> FindByNameAsync(string name, CancellationToken cancellationToken);

    /// <summary>All of them, by id.</summary>
    ValueTask<IReadOnlyList<Account>> ListAsync(CancellationToken cancellationToken);

    /// <summary>Those with an id above <paramref name="after"/>, by id.</summary>
    ValueTask<IReadOnlyList<Account>> PageAsync(long after, int limit, CancellationToken cancellationToken);

    /// <summary>Suspended ones, by id.</summary>
    ValueTask<IReadOnlyList<Account>> SuspendedAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Writes name, suspension and limits. A taken name fails with <see cref="DuplicateEntryException"/>.</summary>
    /// <returns>False when there is no such account.</returns>
    ValueTask<bool> UpdateAsync(Account account, CancellationToken cancellationToken);
}
