using Relay.Delivery;

namespace Relay.Storage;

internal sealed class SqliteBudgetStore(RelayDatabase database, TimeProvider time) : IBudgetStore
{
    private const string SelectAll = "SELECT name, state FROM budget ORDER BY name";

    private const string Upsert = """
        INSERT INTO budget (name, state, saved_at) VALUES (?, ?, ?)
        ON CONFLICT (name) DO UPDATE SET state = excluded.state, saved_at = excluded.saved_at
        """;

    private const string Forget = "DELETE FROM budget WHERE saved_at < ?";

    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(2);

    public ValueTask<IReadOnlyList<StoredBudget>> LoadAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<StoredBudget>>(
            static connection =>
            {
                var budgets = new List<StoredBudget>();
                using var query = connection.Use(SelectAll);
                while (query.Read())
                {
                    budgets.Add(new StoredBudget(query.Text(0), query.Text(1)));
                }

                return budgets;
            },
            cancellationToken);

    public async ValueTask SaveAsync(IReadOnlyList<StoredBudget> budgets) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                var now = time.GetUtcNow();
                foreach (var (name, state) in budgets)
                {
                    connection.Use(Upsert).Bind(name).Bind(state).Bind(now).Run();
                }

                connection.Use(Forget).Bind(now - Lifetime).Run();
                return true;
            },
            CancellationToken.None);
}
