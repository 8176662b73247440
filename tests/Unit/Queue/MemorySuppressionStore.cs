using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>Suppressions in memory, by account, address and scope.</summary>
internal sealed class MemorySuppressionStore(TimeProvider? time = null) : ISuppressionStore
{
    private readonly SortedDictionary<(long Account, string Address, string Scope), Suppression> _entries =
        new(Comparer<(long Account, string Address, string Scope)>.Create(Compare));

    private readonly Dictionary<(long Account, string Address), (int Count, DateTimeOffset Until)> _bounces = [];
    private long _cursor;

    private DateTimeOffset Now => (time ?? TimeProvider.System).GetUtcNow();

    public Task AddAsync(string address, SuppressionReason reason = SuppressionReason.Manual, string? detail = null) =>
        AddAsync(new Suppression { Address = address, Reason = reason, Detail = detail, CreatedAt = DateTimeOffset.UnixEpoch }, CancellationToken.None).AsTask();

    public ValueTask<IReadOnlyList<SuppressionMatch>> FindAsync(SuppressionQuery query, CancellationToken cancellationToken)
    {
        var found = new List<SuppressionMatch>();
        foreach (var key in query.Addresses.Select(SuppressionKey.Of).Distinct(StringComparer.Ordinal))
        {
            var (domain, localPart) = SuppressionKey.PatternsOf(key);
            var entries = _entries.Values.Where(entry => entry.AccountId == query.AccountId && (entry.Address == key || entry.Address == domain || entry.Address == localPart)).ToList();
            if (query.Choose(entries, Now) is { } entry)
            {
                found.Add(new SuppressionMatch(key, entry));
            }
        }

        return ValueTask.FromResult<IReadOnlyList<SuppressionMatch>>(found);
    }

    public ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken)
    {
        var entry = suppression with { Address = suppression.Address.ToLowerInvariant() };
        var key = (entry.AccountId, entry.Address, entry.Scope.ToKey());
        if (!SuppressionChange.Replaces(_entries.GetValueOrDefault(key), entry, Now))
        {
            return ValueTask.FromResult(false);
        }

        _entries[key] = entry;
        return ValueTask.FromResult(true);
    }

    public async ValueTask<int> AddRangeAsync(IReadOnlyList<Suppression> suppressions, CancellationToken cancellationToken)
    {
        var changed = 0;
        foreach (var suppression in suppressions)
        {
            changed += await AddAsync(suppression, cancellationToken) ? 1 : 0;
        }

        return changed;
    }

    public async ValueTask ApplyAsync(IReadOnlyList<SuppressionNotice> notices, long through, CancellationToken cancellationToken)
    {
        if (_cursor >= through)
        {
            return;
        }

        foreach (var notice in notices)
        {
            var key = (notice.Entry.AccountId, notice.Entry.Address);
            var old = _bounces.GetValueOrDefault(key);
            var count = (old.Until > notice.Entry.CreatedAt ? old.Count : 0) + 1;
            _bounces[key] = (count, notice.Entry.CreatedAt + notice.Window);
            if (count >= notice.Threshold)
            {
                _bounces.Remove(key);
                await AddAsync(notice.Entry, cancellationToken);
            }
        }

        _cursor = through;
    }

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => ValueTask.FromResult(_cursor);

    public ValueTask<int> RemoveAsync(long accountId, string address, SuppressionScope? scope, CancellationToken cancellationToken)
    {
        var keys = _entries.Where(entry => entry.Key.Account == accountId && entry.Key.Address.Equals(address, StringComparison.OrdinalIgnoreCase)
            && (scope is null || entry.Value.Scope == scope)).Select(entry => entry.Key).ToList();
        keys.ForEach(key => _entries.Remove(key));
        return ValueTask.FromResult(keys.Count);
    }

    public ValueTask<IReadOnlyList<Suppression>> EntriesOfAsync(long accountId, string address, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Suppression>>(
            [.. _entries.Values.Where(entry => entry.AccountId == accountId && entry.Address.Equals(address, StringComparison.OrdinalIgnoreCase))]);

    public ValueTask<IReadOnlyList<Suppression>> ListAsync(SuppressionListing listing, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Suppression>>(
        [
            .. _entries.Values
                .Where(entry => entry.AccountId == listing.AccountId
                    && (listing.Scope is null || entry.Scope == listing.Scope) && (listing.Reason is null || entry.Reason == listing.Reason)
                    && (listing.After is null || Compare((entry.AccountId, entry.Address, entry.Scope.ToKey()), (entry.AccountId, listing.After, listing.AfterScope.ToKey())) > 0))
                .Take(listing.Limit),
        ]);

    public ValueTask<int> PruneAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        var keys = _entries.Where(entry => entry.Value.ExpiresAt <= now).Take(limit).Select(entry => entry.Key).ToList();
        keys.ForEach(key => _entries.Remove(key));
        return ValueTask.FromResult(keys.Count);
    }

    private static int Compare((long Account, string Address, string Scope) x, (long Account, string Address, string Scope) y) =>
        x.Account != y.Account ? x.Account.CompareTo(y.Account)
        : x.Address != y.Address ? string.CompareOrdinal(x.Address, y.Address)
        : string.CompareOrdinal(x.Scope, y.Scope);
}
