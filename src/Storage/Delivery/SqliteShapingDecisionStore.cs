using System.Text;
using Relay.Delivery;

namespace Relay.Storage;

/// <summary>Decisions of shaping in history.db.</summary>
internal sealed class SqliteShapingDecisionStore(HistoryDatabase database) : IShapingDecisionStore
{
    private const string Columns = "id, act, at, until, site, source, rule, connections, rate_count, rate_period_ms, reason, ended_at";

    private const string Insert = """
        INSERT INTO shaping_decision (act, at, until, site, source, rule, connections, rate_count, rate_period_ms, reason, ended_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    // In the order of their ids, so that each append looks at the few rows that went over the bound.
    private const string Prune = """
        DELETE FROM shaping_decision WHERE id <= (SELECT max(id) FROM shaping_decision) - ?1 AND until <= ?2
        """;

    private const string SelectOne = $"SELECT {Columns} FROM shaping_decision WHERE id = ?";

    private const string End = "UPDATE shaping_decision SET ended_at = ?1 WHERE id = ?2 AND ended_at IS NULL AND until > ?1";

    public async ValueTask AppendAsync(IReadOnlyList<ShapingDecision> decisions, CancellationToken cancellationToken)
    {
        if (decisions.Count > 0)
        {
            await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Append(connection, decisions), cancellationToken);
        }
    }

    public ValueTask<IReadOnlyList<ShapingDecision>> ListAsync(DecisionFilter filter, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<ShapingDecision>>(connection => List(connection, filter), cancellationToken);

    public async ValueTask<ShapingDecision?> EndAsync(long id, DateTimeOffset at, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(End).Bind(at).Bind(id).Run();
                return connection.Changes == 0 ? null : Find(connection, id);
            },
            cancellationToken);

    private static bool Append(SqliteConnection connection, IReadOnlyList<ShapingDecision> decisions)
    {
        foreach (var decision in decisions)
        {
            connection.Use(Insert)
                .Bind((long)decision.Act)
                .Bind(decision.At)
                .Bind(decision.Until)
                .Bind(decision.Site)
                .Bind(decision.Source)
                .Bind(decision.Rule)
                .Bind((long?)decision.Connections)
                .Bind((long?)decision.Rate?.Count)
                .Bind((long?)decision.Rate?.Period.TotalMilliseconds)
                .Bind(decision.Reason)
                .Bind(decision.EndedAt?.ToUnixTimeMilliseconds())
                .Run();
        }

        connection.Use(Prune).Bind((long)IShapingDecisionStore.MaxDecisions).Bind(decisions[^1].At).Run();
        return true;
    }

    private static ShapingDecision? Find(SqliteConnection connection, long id)
    {
        using var query = connection.Use(SelectOne).Bind(id);
        return query.Read() ? Read(query) : null;
    }

    private static List<ShapingDecision> List(SqliteConnection connection, DecisionFilter filter)
    {
        using var query = connection.UseOnce(Sql(filter));
        query.Bind(filter.Before ?? long.MaxValue);
        if (filter.Site is { } site)
        {
            query.Bind(site);
        }

        if (filter.Source is { } source)
        {
            query.Bind(source);
        }

        if (filter.ActiveAt is { } at)
        {
            query.Bind(at);
        }

        query.Bind(Math.Clamp(filter.Limit, 1, IShapingDecisionStore.MaxDecisions));
        var decisions = new List<ShapingDecision>();
        while (query.Read())
        {
            decisions.Add(Read(query));
        }

        return decisions;
    }

    private static string Sql(DecisionFilter filter)
    {
        var sql = new StringBuilder($"SELECT {Columns} FROM shaping_decision WHERE id < ?");
        sql.Append(filter.Site is null ? string.Empty : " AND site = ?");
        sql.Append(filter.Source is null ? string.Empty : " AND source = ?");
        sql.Append(filter.ActiveAt is null ? string.Empty : " AND until > ? AND ended_at IS NULL");
        return sql.Append(" ORDER BY id DESC LIMIT ?").ToString();
    }

    private static ShapingDecision Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        Act = (ShapingAct)row.Int32(1),
        At = row.Time(2),
        Until = row.Time(3),
        Site = row.NullableText(4),
        Source = row.NullableText(5),
        Rule = row.Text(6),
        Connections = (int?)row.NullableInt64(7),
        Rate = row.NullableInt64(8) is { } count ? new MessageRate((int)count, TimeSpan.FromMilliseconds(row.Int64(9))) : null,
        Reason = row.Text(10),
        EndedAt = row.NullableInt64(11) is { } ended ? DateTimeOffset.FromUnixTimeMilliseconds(ended) : null,
    };
}
