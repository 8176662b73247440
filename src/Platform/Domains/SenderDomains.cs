using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>The domains of accounts, kept in memory for a short while and forgotten on every change made here. Thread safe.</summary>
internal sealed class SenderDomains(IDomainStore store, TimeProvider time) : ISenderDomains, IDomainHolders
{
    private const int MaxCached = 20_000;

    // Changes made here take effect at once; this bounds how long a change by another process stays unseen.
    private static readonly TimeSpan CacheTime = TimeSpan.FromSeconds(60);

    private readonly BoundedTable<(DomainEntry? Entry, DateTimeOffset ValidUntil)> _cache = new(MaxCached);
    private readonly BoundedTable<(long? Account, DateTimeOffset ValidUntil)> _holders = new(MaxCached);
    private int _generation;

    public async ValueTask<SendingDomain?> FindAsync(long accountId, DomainName name, CancellationToken cancellationToken) =>
        (await FindEntryAsync(accountId, name, cancellationToken))?.Domain;

    /// <summary>The same with what was found of its records.</summary>
    public async ValueTask<DomainEntry?> FindEntryAsync(long accountId, DomainName name, CancellationToken cancellationToken)
    {
        var key = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{accountId} {name.Ascii}");
        var now = time.GetUtcNow();
        if (_cache.TryGet(key, out var cached) && now < cached.ValidUntil)
        {
            return cached.Entry;
        }

        var generation = Volatile.Read(ref _generation);
        var entry = await store.FindAsync(accountId, name, cancellationToken);

        // What was read before a change must not be kept after it.
        if (generation == Volatile.Read(ref _generation))
        {
            _cache.Set(key, (entry, now + CacheTime), now);
        }

        return entry;
    }

    public async ValueTask<long?> FindHolderAsync(DomainName name, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_holders.TryGet(name.Ascii, out var cached) && now < cached.ValidUntil)
        {
            return cached.Account;
        }

        var generation = Volatile.Read(ref _generation);
        var account = await store.FindHolderAsync(name, cancellationToken);
        if (generation == Volatile.Read(ref _generation))
        {
            _holders.Set(name.Ascii, (account, now + CacheTime), now);
        }

        return account;
    }

    /// <summary>Of the account that holds the name as proved; null when none does. Asks the store.</summary>
    public async ValueTask<DomainEntry?> FindProvedAsync(DomainName name, CancellationToken cancellationToken) =>
        await store.FindHolderAsync(name, cancellationToken) is { } account ? await FindEntryAsync(account, name, cancellationToken) : null;

    /// <summary>Something changed.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _generation);
        _cache.Clear();
        _holders.Clear();
    }
}
