using Relay.Senders;

namespace Relay.Storage;

internal sealed class SqliteAuditStore(RelayDatabase database) : IAuditStore
{
    private const string Columns = "id, account_id, at, actor, client_address, action, target, affected_count";

    private const string Insert = $"INSERT INTO audit ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

    private const string SelectPage = $"SELECT {Columns} FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?";

    public async ValueTask AppendAsync(AuditEntry entry, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(Insert)
                    .Bind(database.Ids.Next())
                    .Bind(entry.AccountId)
                    .Bind(entry.At)
                    .Bind(entry.Actor)
                    .Bind(entry.From)
                    .Bind(entry.Action)
                    .Bind(entry.Target)
                    .Bind(entry.AffectedCount)
                    .Run();
                return true;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<AuditEntry>> ListAsync(long? before, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<AuditEntry>>(
            connection =>
            {
                var entries = new List<AuditEntry>();
                using var query = connection.Use(SelectPage).Bind(before ?? long.MaxValue).Bind(limit);
                while (query.Read())
                {
                    entries.Add(Read(query));
                }

                return entries;
            },
            cancellationToken);

    private static AuditEntry Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        AccountId = row.Int64(1),
        At = row.Time(2),
        Actor = row.Text(3),
        From = row.NullableText(4),
        Action = row.Text(5),
        Target = row.NullableText(6),
        AffectedCount = row.Int32(7),
    };
}
