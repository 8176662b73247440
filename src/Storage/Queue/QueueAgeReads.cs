using System.Globalization;
using System.Text;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Open recipients by the age of their message: one pass over the partial indexes of the open states.</summary>
internal static class QueueAgeReads
{
    private const string Open = $"""
        (SELECT message_no, queue_key, state FROM recipient INDEXED BY recipient_waiting WHERE {RecipientRow.Waiting}
         UNION ALL SELECT message_no, queue_key, state FROM recipient INDEXED BY recipient_leased WHERE state = 2
         UNION ALL SELECT message_no, queue_key, state FROM recipient INDEXED BY recipient_held WHERE state = 4)
        """;

    public static IReadOnlyList<QueueAgeRow> Read(SqliteConnection connection, QueueGrouping grouping, int maxRows, DateTimeOffset now)
    {
        using var query = connection.Use(Sql(grouping));
        foreach (var bound in QueueAgeRow.AgeBounds)
        {
            query.Bind(now - bound);
        }

        query.Bind(maxRows);
        var rows = new List<QueueAgeRow>();
        while (query.Read())
        {
            var younger = new long[QueueAgeRow.AgeBounds.Count];
            for (var i = 0; i < younger.Length; i++)
            {
                younger[i] = query.Int64(i + 2);
            }

            rows.Add(QueueAgeRow.Of(NameOf(grouping, query.NullableText(0)), query.Int64(1), younger));
        }

        return rows;
    }

    private static string Sql(QueueGrouping grouping)
    {
        var sql = new StringBuilder("SELECT ").Append(Expression(grouping)).Append(" AS name, count(*) AS total");
        for (var i = 0; i < QueueAgeRow.AgeBounds.Count; i++)
        {
            sql.Append(", sum(CASE WHEN m.accepted_at > ? THEN 1 ELSE 0 END)");
        }

        return sql.Append(" FROM ").Append(Open)
            .Append(" r CROSS JOIN message m ON m.no = r.message_no GROUP BY name ORDER BY total DESC, name LIMIT ?").ToString();
    }

    private static string Expression(QueueGrouping grouping) => grouping switch
    {
        QueueGrouping.Domain => "CASE WHEN instr(r.queue_key, '#') > 0 THEN substr(r.queue_key, 1, instr(r.queue_key, '#') - 1) ELSE r.queue_key END",
        QueueGrouping.Sender => "coalesce(m.sender_domain, '')",
        QueueGrouping.Account => "CAST(m.account_id AS TEXT)",
        QueueGrouping.Stream => "CAST(m.stream AS TEXT)",
        QueueGrouping.State => "CAST(r.state AS TEXT)",
        _ => "''",
    };

    private static string NameOf(QueueGrouping grouping, string? name) => grouping switch
    {
        QueueGrouping.Stream => ((MailStream)int.Parse(name!, CultureInfo.InvariantCulture)).ToString().ToLowerInvariant(),
        QueueGrouping.State => ((RecipientState)int.Parse(name!, CultureInfo.InvariantCulture)).ToString().ToLowerInvariant(),
        _ => name ?? string.Empty,
    };
}
