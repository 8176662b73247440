using System.Text;
using Relay.Platform;
using Relay.Platform.Analytics;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Counts in history.db: added up in memory first, so that a batch of events costs one row per distinct bucket.</summary>
internal sealed class SqliteAnalyticsStore(HistoryDatabase database) : IAnalyticsStore
{
    private const string CursorName = "analytics";
    private const int PieceRows = 1_000;

    private const string Counters = """
        sent, delivered, deferred, bounced_hard, bounced_blocked, bounced_soft, failed, rejected, suppressed, cancelled, complained, unsubscribed,
        opened, opened_human, opened_unique, clicked, clicked_human, clicked_unique
        """;

    private const string Sums = """
        sum(sent), sum(delivered), sum(deferred), sum(bounced_hard), sum(bounced_blocked), sum(bounced_soft), sum(failed), sum(rejected),
        sum(suppressed), sum(cancelled), sum(complained), sum(unsubscribed),
        sum(opened), sum(opened_human), sum(opened_unique), sum(clicked), sum(clicked_human), sum(clicked_unique)
        """;

    private const string SelectCursor = "SELECT sequence FROM cursor WHERE name = ?";

    private const string UpsertCursor = """
        INSERT INTO cursor (name, sequence) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence
        """;

    private const string Upsert = $"""
        INSERT INTO aggregate (account_id, span, tag, at, domain, stream, {Counters})
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (account_id, span, tag, at, domain, stream) DO UPDATE SET
          sent = sent + excluded.sent, delivered = delivered + excluded.delivered, deferred = deferred + excluded.deferred,
          bounced_hard = bounced_hard + excluded.bounced_hard, bounced_blocked = bounced_blocked + excluded.bounced_blocked,
          bounced_soft = bounced_soft + excluded.bounced_soft, failed = failed + excluded.failed, rejected = rejected + excluded.rejected,
          suppressed = suppressed + excluded.suppressed, cancelled = cancelled + excluded.cancelled, complained = complained + excluded.complained,
          unsubscribed = unsubscribed + excluded.unsubscribed, opened = opened + excluded.opened, opened_human = opened_human + excluded.opened_human,
          opened_unique = opened_unique + excluded.opened_unique, clicked = clicked + excluded.clicked,
          clicked_human = clicked_human + excluded.clicked_human, clicked_unique = clicked_unique + excluded.clicked_unique
        """;

    private const string DeleteSpans = """
        DELETE FROM aggregate WHERE (account_id, span, tag, at, domain, stream) IN
          (SELECT account_id, span, tag, at, domain, stream FROM aggregate INDEXED BY aggregate_age WHERE span = ? AND at < ? LIMIT ?)
        """;

    private const string DeleteNames = """
        DELETE FROM aggregate_name WHERE (day, account_id, kind, name) IN
          (SELECT day, account_id, kind, name FROM aggregate_name WHERE day < ? LIMIT ?)
        """;

    private const string DeleteSeen = """
        DELETE FROM first_seen WHERE (message_id, kind, recipient) IN
          (SELECT message_id, kind, recipient FROM first_seen WHERE message_id < ? LIMIT ?)
        """;

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => database.Readers.ReadAsync(ReadCursor, cancellationToken);

    public async ValueTask AddAsync(IReadOnlyList<CountedEvent> events, long through, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Mail, 0, connection => Add(connection, events, through), cancellationToken);

    public ValueTask<IReadOnlyList<CountRow>> ReadAsync(CountQuery query, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<CountRow>>(connection => Read(connection, query), cancellationToken);

    public async ValueTask PruneAsync(DateTimeOffset hours, DateTimeOffset days, DateTimeOffset uniques, CancellationToken cancellationToken)
    {
        await DeleteAsync(connection => connection.Use(DeleteSpans).Bind((long)CountSpan.Hour).Bind(hours).Bind(PieceRows), cancellationToken);
        await DeleteAsync(connection => connection.Use(DeleteSpans).Bind((long)CountSpan.Day).Bind(days).Bind(PieceRows), cancellationToken);
        await DeleteAsync(connection => connection.Use(DeleteNames).Bind(hours).Bind(PieceRows), cancellationToken);
        await DeleteAsync(connection => connection.Use(DeleteSeen).Bind(QueueIdTime.LowerBound(uniques)).Bind(PieceRows), cancellationToken);
    }

    private static bool Add(SqliteConnection connection, IReadOnlyList<CountedEvent> events, long through)
    {
        var cursor = ReadCursor(connection);
        if (through <= cursor)
        {
            return false;
        }

        var sheet = new CountSheet(connection);
        foreach (var counted in events)
        {
            if (counted.Sequence > cursor)
            {
                sheet.Add(counted);
            }
        }

        foreach (var (bucket, counts) in sheet.Buckets)
        {
            Write(connection, bucket, counts);
        }

        connection.Use(UpsertCursor).Bind(CursorName).Bind(through).Run();
        return true;
    }

    private static long ReadCursor(SqliteConnection connection)
    {
        using var query = connection.Use(SelectCursor).Bind(CursorName);
        return query.Read() ? query.Int64(0) : 0;
    }

    private static void Write(SqliteConnection connection, CountBucket bucket, Counts counts)
    {
        var upsert = connection.Use(Upsert)
            .Bind(bucket.AccountId)
            .Bind((long)bucket.Span)
            .Bind(bucket.Tag)
            .Bind(bucket.At)
            .Bind(bucket.Domain)
            .Bind((long)bucket.Stream);
        foreach (var counter in Counts.All)
        {
            upsert.Bind(counts[counter]);
        }

        upsert.Run();
    }

    private static List<CountRow> Read(SqliteConnection connection, CountQuery query)
    {
        using var rows = connection.UseOnce(Sql(query));
        Bind(rows, query);
        var found = new List<CountRow>();
        while (rows.Read())
        {
            // A sum over nothing is one row of nulls.
            if (!rows.IsNull(2))
            {
                found.Add(ReadRow(rows, query));
            }
        }

        return found;
    }

    private static CountRow ReadRow(SqliteStatement row, CountQuery query)
    {
        var counts = new Counts();
        foreach (var counter in Counts.All)
        {
            counts[counter] = row.Int64(2 + (int)counter);
        }

        var group = query.GroupBy switch
        {
            CountGroup.None => null,
            CountGroup.Stream => ((MailStream)row.Int32(1)).ToString().ToLowerInvariant(),
            _ => row.Text(1),
        };
        return new CountRow(query.IsByTime ? row.Time(0) : null, group, counts);
    }

    private static string Sql(CountQuery query)
    {
        // Names of columns from an enumeration, not text from outside.
        var group = query.GroupBy == CountGroup.None ? "''" : query.GroupBy.ToString().ToLowerInvariant();
        var sql = new StringBuilder("SELECT ")
            .Append(query.IsByTime ? "at" : "0").Append(", ").Append(group).Append(", ").Append(Sums)
            .Append(" FROM aggregate WHERE account_id = ? AND span = ? AND at >= ? AND at < ?")
            .Append(query is { GroupBy: CountGroup.Tag, Tag: null } ? " AND tag > ''" : " AND tag = ?")
            .Append(query.Domain is null ? string.Empty : " AND domain = ?")
            .Append(query.Stream is null ? string.Empty : " AND stream = ?");
        if (query.IsByTime || query.GroupBy != CountGroup.None)
        {
            sql.Append(" GROUP BY 1, 2 ORDER BY ").Append(query.IsByTime ? "1, 2" : "sum(sent) DESC, 2");
        }

        return sql.Append(" LIMIT ?").ToString();
    }

    private static void Bind(SqliteStatement rows, CountQuery query)
    {
        rows.Bind(query.AccountId).Bind((long)query.Span).Bind(query.From).Bind(query.To);
        if (query is not { GroupBy: CountGroup.Tag, Tag: null })
        {
            rows.Bind(query.Tag ?? string.Empty);
        }

        if (query.Domain is { } domain)
        {
            rows.Bind(domain);
        }

        if (query.Stream is { } stream)
        {
            rows.Bind((long)stream);
        }

        rows.Bind(query.Limit);
    }

    private async ValueTask DeleteAsync(Func<SqliteConnection, SqliteStatement> delete, CancellationToken cancellationToken)
    {
        int deleted;
        do
        {
            deleted = await database.Writer.RunAsync(
                WriterLane.Bulk,
                0,
                connection =>
                {
                    delete(connection).Run();
                    return connection.Changes;
                },
                cancellationToken);
        }
        while (deleted == PieceRows);
    }
}
