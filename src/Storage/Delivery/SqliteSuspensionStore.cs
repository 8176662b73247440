using Relay.Delivery;

namespace Relay.Storage;

internal sealed class SqliteSuspensionStore(RelayDatabase database) : IOperatorSuspensionStore
{
    private const string Columns = "id, scope, name, reason, actor, since, until";

    private const string SelectActive = $"SELECT {Columns} FROM suspension WHERE until IS NULL OR until > ? ORDER BY id";

    private const string Replace = "DELETE FROM suspension WHERE (scope = ? AND name = ?) OR until <= ?";

    private const string Insert = $"INSERT INTO suspension ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?)";

    private const string Delete = "DELETE FROM suspension WHERE id = ?";

    public ValueTask<IReadOnlyList<OperatorSuspension>> ListAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<OperatorSuspension>>(
            connection =>
            {
                var found = new List<OperatorSuspension>();
                using var query = connection.Use(SelectActive).Bind(now);
                while (query.Read())
                {
                    found.Add(Read(query));
                }

                return found;
            },
            cancellationToken);

    public async ValueTask<OperatorSuspension> AddAsync(OperatorSuspension suspension, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                var stored = suspension with { Id = database.Ids.Next() };
                connection.Use(Replace).Bind((long)stored.Scope).Bind(stored.Name).Bind(stored.Since).Run();
                connection.Use(Insert)
                    .Bind(stored.Id)
                    .Bind((long)stored.Scope)
                    .Bind(stored.Name)
                    .Bind(stored.Reason)
                    .Bind(stored.Actor)
                    .Bind(stored.Since)
                    .Bind(stored.Until)
                    .Run();
                return stored;
            },
            cancellationToken);

    public async ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(Delete).Bind(id).Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    private static OperatorSuspension Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        Scope = (LimitScope)row.Int32(1),
        Name = row.Text(2),
        Reason = row.Text(3),
        Actor = row.Text(4),
        Since = row.Time(5),
        Until = row.NullableTime(6),
    };
}
