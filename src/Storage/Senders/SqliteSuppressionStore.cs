using Relay.Mail;
using Relay.Queue;

namespace Relay.Storage;

internal sealed class SqliteSuppressionStore(RelayDatabase database) : ISuppressionStore
{
    private const string Columns = "address, reason, detail, created_at";

    private const string SelectOne = $"SELECT {Columns} FROM suppression WHERE account_id = ? AND address = ?";

    private const string SelectPage = $"SELECT {Columns} FROM suppression WHERE account_id = ? AND address > ? ORDER BY address LIMIT ?";

    private const string Upsert = """
        INSERT INTO suppression (account_id, address, reason, detail, created_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (account_id, address) DO UPDATE SET reason = excluded.reason, detail = excluded.detail, created_at = excluded.created_at
        """;

    private const string Delete = "DELETE FROM suppression WHERE account_id = ? AND address = ?";

    public ValueTask<IReadOnlyList<Suppression>> FindAsync(
        long accountId, IReadOnlyList<Mailbox> addresses, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<Suppression>>(
            connection => Find(connection, accountId, addresses), cancellationToken);

    public async ValueTask<bool> AddAsync(Suppression suppression, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Add(connection, suppression), cancellationToken);

    public async ValueTask<bool> RemoveAsync(long accountId, string address, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(Delete).Bind(accountId).Bind(Normalise(address)).Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<Suppression>> ListAsync(long accountId, string? after, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<Suppression>>(
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

    private static List<Suppression> Find(SqliteConnection connection, long accountId, IReadOnlyList<Mailbox> addresses)
    {
        var found = new List<Suppression>();
        foreach (var address in addresses.Select(mailbox => Normalise(mailbox.ToString())).Distinct(StringComparer.Ordinal))
        {
            using var query = connection.Use(SelectOne).Bind(accountId).Bind(address);
            if (query.Read())
            {
                found.Add(Read(query, accountId));
            }
        }

        return found;
    }

    private static bool Add(SqliteConnection connection, Suppression suppression)
    {
        var address = Normalise(suppression.Address);
        using (var query = connection.Use(SelectOne).Bind(suppression.AccountId).Bind(address))
        {
            // Equal means the same reason for the same address: when it was first noted is worth keeping.
            if (query.Read() && Read(query, suppression.AccountId) is { } old && old.Reason == suppression.Reason && old.Detail == suppression.Detail)
            {
                return false;
            }
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

    private static Suppression Read(SqliteStatement row, long accountId) => new()
    {
        AccountId = accountId,
        Address = row.Text(0),
        Reason = (SuppressionReason)row.Int32(1),
        Detail = row.NullableText(2),
        CreatedAt = row.Time(3),
    };
}
