using Relay.Mail;
using Relay.Platform.Privacy;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>The suppression list in relay.db, behind a filter in memory that answers for the addresses that are not on it.</summary>
internal sealed class SqliteSuppressionStore : ISuppressionStore
{
    private const string Columns = "address, reason, detail, created_at";

    private const string SelectOne = $"SELECT {Columns} FROM suppression WHERE account_id = ? AND address = ?";

    private const string SelectPage = $"SELECT {Columns} FROM suppression WHERE account_id = ? AND address > ? ORDER BY address LIMIT ?";

    private const string SelectKeys = "SELECT account_id, address FROM suppression";

    private const string Upsert = """
        INSERT INTO suppression (account_id, address, reason, detail, created_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (account_id, address) DO UPDATE SET reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at
        """;

    private const string Delete = "DELETE FROM suppression WHERE account_id = ? AND address = ?";

    private readonly RelayDatabase _database;
    private readonly SuppressionFilter _filter = new();
    private volatile bool _hasErased;

    private SqliteSuppressionStore(RelayDatabase database) => _database = database;

    public bool HasErased => _hasErased;

    /// <summary>Reads the whole list once, before anything else writes to it.</summary>
    public static async Task<SqliteSuppressionStore> OpenAsync(RelayDatabase database, CancellationToken cancellationToken)
    {
        var store = new SqliteSuppressionStore(database);
        await database.Readers.ReadAsync(store.Load, cancellationToken);
        return store;
    }

    public ValueTask<IReadOnlyList<Suppression>> FindAsync(
        long accountId, IReadOnlyList<Mailbox> addresses, CancellationToken cancellationToken)
    {
        var suspects = Suspects(accountId, addresses);
        return suspects.Count == 0
            ? ValueTask.FromResult<IReadOnlyList<Suppression>>([])
            : _database.Readers.ReadAsync<IReadOnlyList<Suppression>>(connection => Find(connection, accountId, suspects), cancellationToken);
    }

    public async ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken) =>
        await _database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Add(connection, suppression), cancellationToken);

    public async ValueTask<bool> RemoveAsync(long accountId, string address, CancellationToken cancellationToken)
    {
        var key = Normalise(address);
        var isRemoved = await _database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Remove(connection, accountId, key), cancellationToken);
        if (isRemoved)
        {
            _filter.Remove(accountId, key);
        }

        return isRemoved;
    }

    /// <summary>Puts an entry under another address; an entry that stands there already is replaced.</summary>
    /// <returns>False when there is no such entry.</returns>
    internal async ValueTask<bool> RenameAsync(
        long accountId, string address, string newAddress, Func<string?, string?> changeDetail, CancellationToken cancellationToken)
    {
        var isRenamed = await _database.Writer.RunAsync(
            WriterLane.Bulk,
            0,
            connection =>
            {
                if (FindOne(connection, accountId, address) is not { } entry)
                {
                    return false;
                }

                Add(connection, entry with { Address = newAddress, Detail = changeDetail(entry.Detail) });
                return Remove(connection, accountId, address);
            },
            cancellationToken);
        if (isRenamed)
        {
            _filter.Remove(accountId, address);
        }

        return isRenamed;
    }

    public ValueTask<IReadOnlyList<Suppression>> ListAsync(long accountId, string? after, int limit, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync<IReadOnlyList<Suppression>>(
            connection =>
            {
                var page = new List<Suppression>();
                using var query = connection.Use(SelectPage).Bind(accountId).Bind(after is null ? string.Empty : Normalise(after)).Bind(limit);
                while (query.Read())
                {
                    page.Add(Read(query, accountId));
                }

                return page;
            },
            cancellationToken);

    private static string Normalise(string address) => address.ToLowerInvariant();

    private static bool IsErased(string address) => address.EndsWith("@" + AddressHasher.Domain, StringComparison.Ordinal);

    private int Load(SqliteConnection connection)
    {
        var count = 0;
        using var query = connection.Use(SelectKeys);
        for (; query.Read(); count++)
        {
            var address = query.Text(1);
            _filter.Add(query.Int64(0), address);
            _hasErased |= IsErased(address);
        }

        return count;
    }

    private List<string> Suspects(long accountId, IReadOnlyList<Mailbox> addresses)
    {
        var suspects = new List<string>();
        foreach (var mailbox in addresses)
        {
            var address = Normalise(mailbox.ToString());
            if (_filter.MayContain(accountId, address) && !suspects.Contains(address))
            {
                suspects.Add(address);
            }
        }

        return suspects;
    }

    private static List<Suppression> Find(SqliteConnection connection, long accountId, List<string> addresses)
    {
        var found = new List<Suppression>();
        foreach (var address in addresses)
        {
            if (FindOne(connection, accountId, address) is { } suppression)
            {
                found.Add(suppression);
            }
        }

        return found;
    }

    private bool Add(SqliteConnection connection, Suppression suppression)
    {
        var address = Normalise(suppression.Address);
        var old = FindOne(connection, suppression.AccountId, address);

        // Equal means the same reason for the same address: when it was first noted is worth keeping.
        if (old is not null && old.Reason == suppression.Reason && old.Detail == suppression.Detail)
        {
            return false;
        }

        if (old is null)
        {
            _filter.Add(suppression.AccountId, address);
            _hasErased |= IsErased(address);
        }

        connection.Use(Upsert)
            .Bind(suppression.AccountId)
            .Bind(address)
            .Bind((long)suppression.Reason)
            .Bind(suppression.Detail)
            .Bind(suppression.CreatedAt)
            .Run();
        return true;
    }

    private static Suppression? FindOne(SqliteConnection connection, long accountId, string address)
    {
        using var query = connection.Use(SelectOne).Bind(accountId).Bind(address);
        return query.Read() ? Read(query, accountId) : null;
    }

    private static bool Remove(SqliteConnection connection, long accountId, string address)
    {
        connection.Use(Delete).Bind(accountId).Bind(address).Run();
        return connection.Changes > 0;
    }

    private static Suppression Read(SqliteStatement row, long accountId) => new()
    {
        AccountId = accountId,
        Address = row.Text(0),
        Reason = (SuppressionReason)row.Int32(1),
        Detail = row.NullableText(2),
        CreatedAt = row.Time(3),
    };
}
