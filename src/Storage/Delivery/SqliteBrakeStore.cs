using Relay.Delivery;

namespace Relay.Storage;

/// <summary>Counts and brakes beside the history, so that they move with the cursor over its events.</summary>
internal sealed class SqliteBrakeStore(HistoryDatabase database) : IBrakeStore
{
    private const string CursorName = "brake";

    private const string SelectCursor = "SELECT sequence FROM cursor WHERE name = ?";

    private const string UpsertCursor = "INSERT INTO cursor (name, sequence) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence";

    private const string SelectCounts = "SELECT account_id, scope, name, counts FROM brake_count";

    private const string UpsertCounts = """
        INSERT INTO brake_count (account_id, scope, name, counts) VALUES (?, ?, ?, ?)
        ON CONFLICT (account_id, scope, name) DO UPDATE SET counts = excluded.counts
        """;

    private const string DeleteCounts = "DELETE FROM brake_count WHERE account_id = ? AND scope = ? AND name = ?";

    private const string SelectBrakes = "SELECT id, account_id, scope, name, rule, reason, since FROM brake WHERE ended = 0 ORDER BY id";

    private const string SelectLast = "SELECT coalesce(max(id), 0) FROM brake";

    private const string InsertBrake = "INSERT INTO brake (id, account_id, scope, name, rule, reason, since, ended) VALUES (?, ?, ?, ?, ?, ?, ?, 0)";

    private const string EndBrake = "UPDATE brake SET ended = 1 WHERE id = ?";

    // The last one stays, for its number.
    private const string Prune = "DELETE FROM brake WHERE ended = 1 AND id < ? - 1000";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => database.Readers.ReadAsync(
        connection =>
        {
            using var query = connection.Use(SelectCursor).Bind(CursorName);
            return query.Read() ? query.Int64(0) : 0;
        },
        cancellationToken);

    public ValueTask<BrakeState> LoadAsync(CancellationToken cancellationToken) => database.Readers.ReadAsync(
        connection =>
        {
            var counts = new Dictionary<BrakeParty, string>();
            using (var query = connection.Use(SelectCounts))
            {
                while (query.Read())
                {
                    counts[new BrakeParty(query.Int64(0), (BrakeScope)query.Int32(1), query.Text(2))] = query.Text(3);
                }
            }

            var brakes = new List<Brake>();
            using (var query = connection.Use(SelectBrakes))
            {
                while (query.Read())
                {
                    brakes.Add(new Brake(
                        query.Int64(0), new BrakeParty(query.Int64(1), (BrakeScope)query.Int32(2), query.Text(3)), query.Text(4), query.Text(5), query.Time(6)));
                }
            }

            using var last = connection.Use(SelectLast);
            return new BrakeState(counts, brakes, last.Read() ? last.Int64(0) : 0);
        },
        cancellationToken);

    public async ValueTask SaveAsync(
        IReadOnlyDictionary<BrakeParty, string> counts, IReadOnlyList<BrakeParty> gone, IReadOnlyList<Brake> brakes, long? cursor, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Mail,
            0,
            connection =>
            {
                foreach (var (party, text) in counts)
                {
                    SaveCounts(connection, party, text);
                }

                foreach (var party in gone)
                {
                    connection.Use(DeleteCounts).Bind(party.AccountId).Bind((long)party.Scope).Bind(party.Name).Run();
                }

                foreach (var brake in brakes)
                {
                    connection.Use(InsertBrake).Bind(brake.Id).Bind(brake.Party.AccountId).Bind((long)brake.Party.Scope).Bind(brake.Party.Name)
                        .Bind(brake.Rule).Bind(brake.Reason).Bind(brake.Since).Run();
                    connection.Use(Prune).Bind(brake.Id).Run();
                }

                if (cursor is { } sequence)
                {
                    connection.Use(UpsertCursor).Bind(CursorName).Bind(sequence).Run();
                }

                return true;
            },
            cancellationToken);

    public async ValueTask RemoveAsync(long id, BrakeParty party, string counts, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(EndBrake).Bind(id).Run();
                SaveCounts(connection, party, counts);
                return true;
            },
            cancellationToken);

    private static void SaveCounts(SqliteConnection connection, BrakeParty party, string text) =>
        connection.Use(UpsertCounts).Bind(party.AccountId).Bind((long)party.Scope).Bind(party.Name).Bind(text).Run();
}
