using Relay.Senders;

namespace Relay.Tests.Support;

/// <summary>Accounts in memory; thread safe. The default account is there.</summary>
public sealed class MemoryAccountStore : IAccountStore
{
    private readonly SortedDictionary<long, Account> _accounts = new() { [1] = Account.Default };
    private readonly Lock _gate = new();

    /// <summary>How often an account was read by its id.</summary>
    public int Finds { get; private set; }

    public ValueTask<Account> AddAsync(Account account, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            RefuseTaken(account.Name, 0);
            var added = account with { Id = _accounts.Keys.Max() + 1 };
            _accounts.Add(added.Id, added);
            return ValueTask.FromResult(added);
        }
    }

    public ValueTask<Account?> FindAsync(long id, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Finds++;
            return ValueTask.FromResult(_accounts.GetValueOrDefault(id));
        }
    }

    public ValueTask<Account?> FindByNameAsync(string name, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(_accounts.Values.FirstOrDefault(account => account.Name == name));
        }
    }

    public ValueTask<IReadOnlyList<Account>> ListAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<Account>>([.. _accounts.Values]);
        }
    }

    public ValueTask<IReadOnlyList<Account>> PageAsync(long after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<Account>>([.. _accounts.Values.Where(account => account.Id > after).Take(limit)]);
        }
    }

    public ValueTask<IReadOnlyList<Account>> SuspendedAsync(int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            return ValueTask.FromResult<IReadOnlyList<Account>>([.. _accounts.Values.Where(account => account.IsSuspended).Take(limit)]);
        }
    }

    public ValueTask<bool> UpdateAsync(Account account, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            RefuseTaken(account.Name, account.Id);
            if (!_accounts.TryGetValue(account.Id, out var old))
            {
                return ValueTask.FromResult(false);
            }

            _accounts[account.Id] = account with { CreatedAt = old.CreatedAt };
            return ValueTask.FromResult(true);
        }
    }

    private void RefuseTaken(string name, long except)
    {
        if (_accounts.Values.Any(account => account.Name == name && account.Id != except))
        {
            throw new DuplicateEntryException($"There is an account '{name}' already.");
        }
    }
}
