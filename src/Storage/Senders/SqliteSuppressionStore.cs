using Relay.Queue;

namespace Relay.Storage;

/// <summary>The suppression list in relay.db, behind an index in memory that answers for the addresses that are not on it.</summary>
internal sealed class SqliteSuppressionStore : ISuppressionStore
{
    private const int PieceSize = 500;

    private const string SelectBounces = "SELECT count, until FROM suppression_bounce WHERE account_id = ? AND address = ?";

    private const string UpsertBounces = """
        INSERT INTO suppression_bounce (account_id, address, count, until) VALUES (?, ?, ?, ?)
        ON CONFLICT (account_id, address) DO UPDATE SET count = excluded.count, until = excluded.until
        """;

    private const string DeleteBounces = "DELETE FROM suppression_bounce WHERE account_id = ? AND address = ?";

    private const string SelectCursor = "SELECT value FROM meta WHERE name = 'suppression_cursor'";

    private const string UpdateCursor = "UPDATE meta SET value = ? WHERE name = 'suppression_cursor'";

    private const string SelectExpired = "SELECT account_id, address, scope FROM suppression WHERE expires_at <= ? LIMIT ?";

    private const string DeleteOldBounces = """
        DELETE FROM suppression_bounce WHERE (account_id, address) IN (SELECT account_id, address FROM suppression_bounce WHERE until <= ? LIMIT ?)
        """;

    private readonly RelayDatabase _database;
    private readonly TimeProvider _time;

    private SqliteSuppressionStore(RelayDatabase database, TimeProvider time)
    {
        _database = database;
        _time = time;
        Index = new SuppressionIndex(database);
    }

    public bool HasErased => Index.HasErased;

    internal SuppressionIndex Index { get; }

    /// <summary>To be opened before anything else writes to the list.</summary>
    public static async Task<SqliteSuppressionStore> OpenAsync(RelayDatabase database, TimeProvider time, CancellationToken cancellationToken)
    {
        var store = new SqliteSuppressionStore(database, time);
        await store.Index.OpenAsync(cancellationToken);
        return store;
    }

    public ValueTask<IReadOnlyList<SuppressionMatch>> FindAsync(SuppressionQuery query, CancellationToken cancellationToken)
    {
        var suspects = Suspects(query);
        return suspects is null
            ? ValueTask.FromResult<IReadOnlyList<SuppressionMatch>>([])
            : _database.Readers.ReadAsync<IReadOnlyList<SuppressionMatch>>(connection => Find(connection, query, suspects), cancellationToken);
    }

    public async ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken)
    {
        var isChanged = await _database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Add(connection, suppression), cancellationToken);
        Index.RenewIfWorn();
        return isChanged;
    }

    public async ValueTask<int> AddRangeAsync(IReadOnlyList<Suppression> suppressions, CancellationToken cancellationToken)
    {
        var changed = 0;
        foreach (var piece in suppressions.Chunk(PieceSize))
        {
            changed += await _database.Writer.RunAsync(
                WriterLane.Bulk, piece.Length * 150, connection => piece.Count(suppression => Add(connection, suppression)), cancellationToken);
            Index.RenewIfWorn();
        }

        return changed;
    }

    public async ValueTask ApplyAsync(IReadOnlyList<SuppressionNotice> notices, long through, CancellationToken cancellationToken)
    {
        await _database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Apply(connection, notices, through), cancellationToken);
        Index.RenewIfWorn();
    }

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => connection.QueryInt64(SelectCursor), cancellationToken);

    public async ValueTask<int> RemoveAsync(long accountId, string address, SuppressionScope? scope, CancellationToken cancellationToken)
    {
        var key = Normalise(address);
        var removed = await _database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(DeleteBounces).Bind(accountId).Bind(key).Run();
                return SuppressionRow.Delete(connection, accountId, key, scope);
            },
            cancellationToken);
        Index.Removed(removed);
        Index.RenewIfWorn();
        return removed;
    }

    /// <summary>Puts the entries of an address under another one; entries that stand there already are replaced.</summary>
    /// <returns>How many there were.</returns>
    internal async ValueTask<int> RenameAsync(
        long accountId, string address, string newAddress, Func<string?, string?> changeText, CancellationToken cancellationToken)
    {
        var renamed = await _database.Writer.RunAsync(
            WriterLane.Bulk,
            0,
            connection =>
            {
                foreach (var entry in SuppressionRow.FindAll(connection, accountId, address))
                {
                    Put(connection, entry with { Address = newAddress, Detail = changeText(entry.Detail), Evidence = changeText(entry.Evidence) });
                }

                connection.Use(DeleteBounces).Bind(accountId).Bind(address).Run();
                return SuppressionRow.Delete(connection, accountId, address, scope: null);
            },
            cancellationToken);
        Index.Removed(renamed);
        return renamed;
    }

    public ValueTask<IReadOnlyList<Suppression>> EntriesOfAsync(long accountId, string address, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync<IReadOnlyList<Suppression>>(
            connection => SuppressionRow.FindAll(connection, accountId, Normalise(address)), cancellationToken);

    public ValueTask<IReadOnlyList<Suppression>> ListAsync(SuppressionListing listing, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync<IReadOnlyList<Suppression>>(
            connection => SuppressionRow.List(connection, listing with { After = listing.After is { } after ? Normalise(after) : null }), cancellationToken);

    public async ValueTask<int> PruneAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken)
    {
        var pruned = await _database.Writer.RunAsync(WriterLane.Bulk, 0, connection => Prune(connection, now, limit), cancellationToken);
        Index.Removed(pruned);
        Index.RenewIfWorn();
        return pruned;
    }

    private static string Normalise(string address) => address.ToLowerInvariant();

    /// <summary>Null when certainly none is listed.</summary>
    private List<(string Key, List<string> Suspects)>? Suspects(SuppressionQuery query)
    {
        List<(string, List<string>)>? suspects = null;
        foreach (var mailbox in query.Addresses)
        {
            var key = SuppressionKey.Of(mailbox);
            List<string>? own = null;
            foreach (var suspect in Index.SuspectsFor(query.AccountId, key))
            {
                (own ??= []).Add(suspect);
            }

            if (own is not null)
            {
                (suspects ??= []).Add((key, own));
            }
        }

        return suspects;
    }

    private List<SuppressionMatch> Find(SqliteConnection connection, SuppressionQuery query, List<(string Key, List<string> Suspects)> suspects)
    {
        var now = _time.GetUtcNow();
        var found = new List<SuppressionMatch>();
        foreach (var (key, candidates) in suspects.DistinctBy(suspect => suspect.Key))
        {
            var entries = candidates.SelectMany(candidate => SuppressionRow.FindAll(connection, query.AccountId, candidate)).ToList();
            if (query.Choose(entries, now) is { } entry)
            {
                found.Add(new SuppressionMatch(key, entry));
            }
        }

        return found;
    }

    private bool Add(SqliteConnection connection, Suppression suppression)
    {
        var entry = suppression with { Address = Normalise(suppression.Address) };
        var old = SuppressionRow.Find(connection, entry.AccountId, entry.Address, entry.Scope);
        if (!SuppressionChange.Replaces(old, entry, _time.GetUtcNow()))
        {
            return false;
        }

        Put(connection, entry);
        return true;
    }

    private void Put(SqliteConnection connection, Suppression entry)
    {
        Index.Add(entry.AccountId, entry.Address);
        SuppressionRow.Write(connection, entry);
    }

    private bool Apply(SqliteConnection connection, IReadOnlyList<SuppressionNotice> notices, long through)
    {
        if (connection.QueryInt64(SelectCursor) >= through)
        {
            return false;
        }

        foreach (var notice in notices)
        {
            if (notice.Threshold <= 1 || CountBounce(connection, notice))
            {
                Add(connection, notice.Entry);
            }
        }

        connection.Use(UpdateCursor).Bind(through).Run();
        return true;
    }

    /// <summary>True when this was the one that makes it enough.</summary>
    private static bool CountBounce(SqliteConnection connection, SuppressionNotice notice)
    {
        var (account, address, now) = (notice.Entry.AccountId, Normalise(notice.Entry.Address), notice.Entry.CreatedAt);
        var count = 1;
        using (var row = connection.Use(SelectBounces).Bind(account).Bind(address))
        {
            count += row.Read() && row.Time(1) > now ? row.Int32(0) : 0;
        }

        if (count >= notice.Threshold)
        {
            connection.Use(DeleteBounces).Bind(account).Bind(address).Run();
            return true;
        }

        connection.Use(UpsertBounces).Bind(account).Bind(address).Bind(count).Bind(now + notice.Window).Run();
        return false;
    }

    private static int Prune(SqliteConnection connection, DateTimeOffset now, int limit)
    {
        var expired = new List<(long Account, string Address, string Scope)>();
        using (var query = connection.Use(SelectExpired).Bind(now).Bind(limit))
        {
            while (query.Read())
            {
                expired.Add((query.Int64(0), query.Text(1), query.Text(2)));
            }
        }

        foreach (var (account, address, scopeText) in expired)
        {
            _ = SuppressionScope.TryParse(scopeText, out var scope);
            SuppressionRow.Delete(connection, account, address, scope);
        }

        connection.Use(DeleteOldBounces).Bind(now).Bind(limit).Run();
        return expired.Count;
    }
}
