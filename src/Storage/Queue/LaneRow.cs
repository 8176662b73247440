using Relay.Queue;

namespace Relay.Storage;

/// <summary>Name of a lane in the tables.</summary>
internal readonly record struct LaneKey(string Key, long Flow);

/// <summary>Summary of one lane.</summary>
/// <param name="Flow">Null until something of it waits.</param>
internal readonly record struct LaneRow(QueueFlow? Flow, long Waiting, long Held, long? NextDue)
{
    private const string Select = """
        SELECT waiting, held, next_due, flow, account_id, submitter, stream, tag FROM queue_lane WHERE queue_key = ? AND flow = ?
        """;

    private const string Upsert = """
        INSERT INTO queue_lane (queue_key, flow, account_id, submitter, stream, tag, waiting, held, next_due) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (queue_key, flow) DO UPDATE SET account_id = excluded.account_id, submitter = excluded.submitter,
          stream = excluded.stream, tag = excluded.tag, waiting = excluded.waiting, held = excluded.held, next_due = excluded.next_due
        """;

    private const string DeleteOne = "DELETE FROM queue_lane WHERE queue_key = ? AND flow = ?";

    /// <summary>What a flow is, from any of its mail; its hash alone does not tell.</summary>
    public const string AnyWaiting = $"""
        SELECT m.account_id, m.submitter, m.stream, m.tags
        FROM recipient r INDEXED BY recipient_waiting CROSS JOIN message m ON m.no = r.message_no
        WHERE r.queue_key = ? AND r.flow = ? AND {RecipientRow.Waiting} LIMIT 1
        """;

    public static LaneRow Find(SqliteConnection connection, LaneKey key)
    {
        using var query = connection.Use(Select).Bind(key.Key).Bind(key.Flow);
        if (!query.Read())
        {
            return default;
        }

        QueueFlow? flow = query.NullableInt64(4) is null ? null : ReadFlow(query, 3);
        return new LaneRow(flow, query.Int64(0), query.Int64(1), query.NullableInt64(2));
    }

    public static void Write(SqliteConnection connection, LaneKey key, LaneRow row) =>
        connection.Use(Upsert)
            .Bind(key.Key)
            .Bind(key.Flow)
            .Bind(row.Flow?.AccountId)
            .Bind(row.Flow?.User)
            .Bind(row.Flow is { } flow ? (long)flow.Stream : null)
            .Bind(row.Flow?.Tag)
            .Bind(row.Waiting)
            .Bind(row.Held)
            .Bind(row.NextDue)
            .Run();

    public static void Delete(SqliteConnection connection, LaneKey key) => connection.Use(DeleteOne).Bind(key.Key).Bind(key.Flow).Run();

    /// <summary>Reads flow, account_id, submitter, stream, tag that begin at column <paramref name="at"/>.</summary>
    public static QueueFlow ReadFlow(SqliteStatement row, int at) => QueueFlow.Stored(
        row.Int64(at), row.NullableInt64(at + 1) ?? 0, row.NullableText(at + 2), (MailStream)(row.NullableInt64(at + 3) ?? 0), row.NullableText(at + 4));

    public static QueueFlow? FlowOfWaiting(SqliteConnection connection, LaneKey key)
    {
        using var query = connection.Use(AnyWaiting).Bind(key.Key).Bind(key.Flow);
        if (!query.Read())
        {
            return null;
        }

        var tags = StoredJson.ReadTexts(query.NullableText(3));
        return QueueFlow.Stored(key.Flow, query.Int64(0), query.NullableText(1), (MailStream)query.Int32(2), tags.Count == 0 ? null : tags[0]);
    }
}
