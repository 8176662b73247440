using Relay.Platform.Privacy;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>What is known of the suppression list in memory: the filter, and whether there are patterns and erased entries at all.</summary>
/// <remarks>
/// Read from the database in pages, the first before anything else happens, the rest beside the work: until all is read every address
/// may be on the list. A new filter is built the same way when the old one is worn: from a moment between two commits on, entries go
/// into both, and what was committed before is read. Nothing that was added is ever missing from the filter in use.
/// </remarks>
internal sealed class SuppressionIndex(RelayDatabase database)
{
    private const int PageSize = 20_000;

    private const string SelectKeys = "SELECT account_id, address, scope FROM suppression WHERE (account_id, address, scope) > (?, ?, ?) ORDER BY account_id, address, scope LIMIT ?";

    private volatile SuppressionFilter? _filter;
    private volatile SuppressionFilter? _next = new();
    private volatile bool _hasErased;
    private volatile bool _hasPatterns;
    private Task _building = Task.CompletedTask;
    private int _isBuilding;

    /// <summary>True as long as nobody knows better.</summary>
    public bool HasErased => _hasErased || _filter is null;

    /// <summary>Ends when the filter that is being built is in use.</summary>
    internal Task Building => _building;

    internal long SizeBytes => (_filter?.SizeBytes ?? 0) + (_next?.SizeBytes ?? 0);

    /// <summary>Reads the first page; the others follow in the background.</summary>
    public async Task OpenAsync(CancellationToken cancellationToken)
    {
        var first = await ReadPageAsync(default, cancellationToken);
        if (first is null)
        {
            Switch();
            return;
        }

        _isBuilding = 1;
        _building = FinishAsync(_next!, first.Value);
    }

    /// <summary>The keys under which an address may be listed; empty when it certainly is not.</summary>
    public IEnumerable<string> SuspectsFor(long accountId, string key)
    {
        if (MayContain(accountId, key))
        {
            yield return key;
        }

        if (_hasPatterns || _filter is null)
        {
            var (domain, localPart) = SuppressionKey.PatternsOf(key);
            if (MayContain(accountId, domain))
            {
                yield return domain;
            }

            if (MayContain(accountId, localPart))
            {
                yield return localPart;
            }
        }
    }

    /// <summary>On the writer's thread, before the entry is committed.</summary>
    public void Add(long accountId, string address)
    {
        _hasErased |= IsErased(address);
        _hasPatterns |= SuppressionKey.IsPattern(address);
        _filter?.Add(accountId, address);
        _next?.Add(accountId, address);
    }

    public void Removed(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _filter?.Removed();
        }
    }

    /// <summary>To be called now and then behind changes.</summary>
    public void RenewIfWorn()
    {
        if (_filter is { IsWorn: true } worn && Interlocked.CompareExchange(ref _isBuilding, 1, 0) == 0)
        {
            _building = RenewAsync(worn);
        }
    }

    private bool MayContain(long accountId, string key) => _filter?.MayContain(accountId, key) ?? true;

    private async Task RenewAsync(SuppressionFilter worn)
    {
        try
        {
            // Between two commits: what was added before is durable when this returns, what comes later goes into both.
            var next = await database.Writer.RunAsync(WriterLane.Interactive, 0, _ => _next = new SuppressionFilter((int)Math.Min(SuppressionFilter.MaxCapacity, Math.Max(worn.Capacity, worn.Added) * 2L)), CancellationToken.None);
            await FinishAsync(next, default);
        }
        catch (StoreUnavailableException)
        {
            // The old filter still tells the truth; a later change tries again.
            _next = null;
            Volatile.Write(ref _isBuilding, 0);
        }
    }

    private async Task FinishAsync(SuppressionFilter next, Place after)
    {
        await Task.Yield();
        try
        {
            for (Place? place = after; place is not null;)
            {
                place = await ReadPageAsync(place.Value, CancellationToken.None);
            }

            Switch();
            Volatile.Write(ref _isBuilding, 0);

            // A long list outgrew the small filter it was first read into.
            RenewIfWorn();
        }
        catch (Exception trouble) when (trouble is StoreUnavailableException or SqliteException or ObjectDisposedException)
        {
            // Without a whole filter every look goes to the database, or to the filter before it.
            if (_filter is not null && ReferenceEquals(_next, next))
            {
                _next = null;
            }

            Volatile.Write(ref _isBuilding, 0);
        }
    }

    private void Switch()
    {
        _filter = _next;
        _next = null;
    }

    /// <summary>Where the page ended; null when it was the last.</summary>
    private async ValueTask<Place?> ReadPageAsync(Place after, CancellationToken cancellationToken) =>
        await database.Readers.ReadAsync(connection => ReadPage(connection, after), cancellationToken);

    private Place? ReadPage(SqliteConnection connection, Place after)
    {
        var count = 0;
        var last = after;
        using var query = connection.Use(SelectKeys).Bind(after.AccountId).Bind(after.Address ?? string.Empty).Bind(after.Scope ?? string.Empty).Bind(PageSize);
        while (query.Read())
        {
            count++;
            last = new Place(query.Int64(0), query.Text(1), query.Text(2));
            _hasErased |= IsErased(last.Address!);
            _hasPatterns |= SuppressionKey.IsPattern(last.Address!);
            _next!.Add(last.AccountId, last.Address!);
        }

        return count < PageSize ? null : last;
    }

    private static bool IsErased(string address) => address.EndsWith("@" + AddressHasher.Domain, StringComparison.Ordinal);

    private readonly record struct Place(long AccountId, string? Address, string? Scope);
}
