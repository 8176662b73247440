using Relay.Dkim;
using Relay.Senders;

namespace Relay.Storage;

internal sealed class SqliteDkimKeyStore(RelayDatabase database) : IDkimKeyStore
{
    private const string Columns = "id, account_id, domain, selector, algorithm, state, sealed_private_key, public_record, created_at, retired_at, activated_at, activates_on_sight";

    private const string Insert = $"INSERT INTO dkim_key ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private const string SelectAll = $"SELECT {Columns} FROM dkim_key ORDER BY domain, id";

    private const string SelectDomain = $"SELECT {Columns} FROM dkim_key WHERE domain = ? ORDER BY id";

    private const string SelectPage = $"SELECT {Columns} FROM dkim_key WHERE (?1 IS NULL OR domain = ?1) AND id > ?2 ORDER BY id LIMIT ?3";

    // Retiring or retired keys carry the instant they left service; one that comes back carries none.
    private const string UpdateState = """
        UPDATE dkim_key SET state = ?1, activated_at = CASE WHEN ?1 = 1 AND state = 0 THEN ?2 ELSE activated_at END,
          retired_at = CASE WHEN ?1 >= 2 THEN coalesce(retired_at, ?2) END WHERE id = ?3
        """;

    public async ValueTask AddAsync(IReadOnlyList<SealedDkimKey> keys, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                foreach (var key in keys)
                {
                    Add(connection, database.Ids.Next(), key);
                }

                return true;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<SealedDkimKey>> ListAsync(string? domain, CancellationToken cancellationToken) =>
        ListAsync(connection => domain is null ? connection.Use(SelectAll) : connection.Use(SelectDomain).Bind(domain), cancellationToken);

    public ValueTask<IReadOnlyList<SealedDkimKey>> PageAsync(string? domain, long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectPage).Bind(domain).Bind(after).Bind(limit), cancellationToken);

    public async ValueTask<bool> SetStateAsync(long id, DkimKeyState state, DateTimeOffset at, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(UpdateState).Bind((long)state).Bind(at).Bind(id).Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    /// <summary>Part of a larger transaction.</summary>
    internal static void Add(SqliteConnection connection, long id, SealedDkimKey key)
    {
        using var insert = connection.Use(Insert);
        try
        {
            insert.Bind(id)
                .Bind(key.AccountId)
                .Bind(key.Domain)
                .Bind(key.Selector)
                .Bind((long)key.Algorithm)
                .Bind((long)key.State)
                .Bind(key.SealedPrivateKey.Span)
                .Bind(key.PublicRecord)
                .Bind(key.CreatedAt)
                .Bind(key.RetiredAt)
                .Bind(key.ActivatedAt)
                .Bind(key.ActivatesOnSight ? 1L : 0L)
                .Run();
        }
        catch (SqliteException exception) when (exception.IsUniqueViolation)
        {
            throw new DuplicateEntryException($"The selector '{key.Selector}' of {key.Domain} exists already.");
        }
    }

    private ValueTask<IReadOnlyList<SealedDkimKey>> ListAsync(Func<SqliteConnection, SqliteStatement> select, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<SealedDkimKey>>(
            connection =>
            {
                var keys = new List<SealedDkimKey>();
                using var query = select(connection);
                while (query.Read())
                {
                    keys.Add(Read(query));
                }

                return keys;
            },
            cancellationToken);

    private static SealedDkimKey Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        AccountId = row.Int64(1),
        Domain = row.Text(2),
        Selector = row.Text(3),
        Algorithm = (DkimAlgorithm)row.Int32(4),
        State = (DkimKeyState)row.Int32(5),
        SealedPrivateKey = row.Blob(6).ToArray(),
        PublicRecord = row.Text(7),
        CreatedAt = row.Time(8),
        RetiredAt = row.NullableTime(9),
        ActivatedAt = row.NullableTime(10),
        ActivatesOnSight = row.Int32(11) != 0,
    };
}
