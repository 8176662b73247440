namespace Relay.Senders;

/// <summary>Makes, renames, suspends and limits accounts, with an audit entry for each change; finds them from memory. Thread safe.</summary>
public sealed class AccountService(IAccountStore store, IAuditStore audit, TimeProvider timeProvider)
{
    private const int MaxNameLength = 64;
    private const int MaxCached = 10_000;

    // Changes made here take effect at once; this bounds how long a change by another process stays unseen.
    private static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(60);

    private readonly BoundedTable<(Account Account, DateTimeOffset ValidUntil)> _cache = new(MaxCached);
    private int _generation;

    /// <summary>Null when there is no such account.</summary>
    public async ValueTask<Account?> FindAsync(long id, CancellationToken cancellationToken)
    {
        var now = timeProvider.GetUtcNow();
        var key = id.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (_cache.TryGet(key, out var cached) && now < cached.ValidUntil)
        {
            return cached.Account;
        }

        var generation = Volatile.Read(ref _generation);
        var account = await store.FindAsync(id, cancellationToken);

        // What was read before a change must not be kept after it.
        if (account is not null && generation == Volatile.Read(ref _generation))
        {
            _cache.Set(key, (account, now + CacheTime), now);
        }

        return account;
    }

    /// <summary>Null when there is no account of this name.</summary>
    public ValueTask<Account?> FindByNameAsync(string name, CancellationToken cancellationToken) => store.FindByNameAsync(name, cancellationToken);

    public ValueTask<IReadOnlyList<Account>> ListAsync(CancellationToken cancellationToken) => store.ListAsync(cancellationToken);

    /// <summary>Those with an id above <paramref name="after"/>, by id.</summary>
    public ValueTask<IReadOnlyList<Account>> PageAsync(long after, int limit, CancellationToken cancellationToken) => store.PageAsync(after, limit, cancellationToken);

    /// <summary>Suspended ones, by id.</summary>
    public ValueTask<IReadOnlyList<Account>> SuspendedAsync(int limit, CancellationToken cancellationToken) => store.SuspendedAsync(limit, cancellationToken);

    /// <exception cref="ArgumentException">The name is not usable; the message is for people.</exception>
    /// <exception cref="DuplicateEntryException">The name is taken.</exception>
    public async ValueTask<Account> CreateAsync(string name, AuditActor actor, CancellationToken cancellationToken)
    {
        CheckName(name);
        var account = await store.AddAsync(new Account(0, name) { CreatedAt = timeProvider.GetUtcNow() }, cancellationToken);
        await audit.AppendAsync(actor, timeProvider, "account.create", name, cancellationToken, account.Id);
        return account;
    }

    /// <returns>Null when there is no account of this name.</returns>
    /// <exception cref="ArgumentException">The new name is not usable.</exception>
    /// <exception cref="DuplicateEntryException">The new name is taken.</exception>
    public ValueTask<Account?> RenameAsync(string name, string newName, AuditActor actor, CancellationToken cancellationToken)
    {
        CheckName(newName);
        return ChangeAsync(name, "account.rename", account => account with { Name = newName }, actor, cancellationToken);
    }

    /// <summary>From now on its credentials are refused.</summary>
    /// <returns>Null when there is no account of this name.</returns>
    /// <exception cref="ArgumentException">It is the default account.</exception>
    public async ValueTask<Account?> SuspendAsync(string name, AuditActor actor, CancellationToken cancellationToken)
    {
        if (await store.FindByNameAsync(name, cancellationToken) is { Id: 1 })
        {
            throw new ArgumentException("The default account cannot be suspended: mail of local programs and networks belongs to it. Revoke its keys instead.");
        }

        return await ChangeAsync(
            name, "account.suspend", account => account with { SuspendedAt = account.SuspendedAt ?? timeProvider.GetUtcNow() }, actor, cancellationToken);
    }

    /// <returns>Null when there is no account of this name.</returns>
    public ValueTask<Account?> ResumeAsync(string name, AuditActor actor, CancellationToken cancellationToken) =>
        ChangeAsync(name, "account.resume", account => account with { SuspendedAt = null }, actor, cancellationToken);

    /// <param name="zone">Null: as configured.</param>
    /// <returns>Null when there is no account of this name.</returns>
    /// <exception cref="ArgumentException">There is no such zone.</exception>
    public ValueTask<Account?> SetTimeZoneAsync(string name, string? zone, AuditActor actor, CancellationToken cancellationToken) =>
        zone is null || TimeZoneInfo.TryFindSystemTimeZoneById(zone, out _)
            ? ChangeAsync(name, "account.time_zone", account => account with { TimeZone = zone }, actor, cancellationToken)
            : throw new ArgumentException($"'{(zone.Length > MaxNameLength ? zone[..MaxNameLength] : zone)}' is no time zone such as Europe/Berlin or UTC.", nameof(zone));

    /// <returns>Null when there is no account of this name.</returns>
    /// <exception cref="ArgumentException">A limit is negative.</exception>
    public ValueTask<Account?> LimitAsync(string name, Func<SendLimits, SendLimits> change, AuditActor actor, CancellationToken cancellationToken) =>
        ChangeAsync(
            name,
            "account.limit",
            account =>
            {
                var limits = change(account.Limits);
                limits.Check();
                return account with { Limits = limits };
            },
            actor,
            cancellationToken);

    private async ValueTask<Account?> ChangeAsync(
        string name, string action, Func<Account, Account> change, AuditActor actor, CancellationToken cancellationToken)
    {
        if (await store.FindByNameAsync(name, cancellationToken) is not { } account)
        {
            return null;
        }

        var changed = change(account);
        if (changed == account)
        {
            return account;
        }

        try
        {
            if (!await store.UpdateAsync(changed, cancellationToken))
            {
                return null;
            }
        }
        finally
        {
            Interlocked.Increment(ref _generation);
            _cache.Clear();
        }

        await audit.AppendAsync(actor, timeProvider, action, name, cancellationToken, account.Id);
        return changed;
    }

    private static void CheckName(string name)
    {
        if (name.Length is 0 or > MaxNameLength || name.Any(c => char.IsControl(c) || char.IsWhiteSpace(c) || c is '/' or ','))
        {
            throw new ArgumentException($"An account's name has 1 to {MaxNameLength} characters, no white space, no '/' and no ','.", nameof(name));
        }
    }
}
