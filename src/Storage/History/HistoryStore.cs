using System.Text;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>The history of events: follows the outbox and answers operators.</summary>
internal sealed class HistoryStore(HistoryDatabase database, TimeProvider time) : IEventObserver, IEventStore, IEventCounts
{
    private const int PieceRows = 1_000;
    private const int MaxLimit = 500;

    private const string SelectCursor = "SELECT sequence FROM cursor WHERE name = ?";

    private const string UpsertCursor = """
        INSERT INTO cursor (name, sequence) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence
        """;

    private const string InsertEvent = """
        INSERT INTO event (sequence, account_id, at, kind, message_id, recipient, domain, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (sequence) DO NOTHING
        """;

    private const string InsertConversation = """
        INSERT INTO conversation (sequence, account_id, recipient_id, at, text) VALUES (?, ?, ?, ?, ?) ON CONFLICT (sequence) DO NOTHING
        """;

    private const string KeepLastConversations = """
        DELETE FROM conversation WHERE recipient_id = ?1 AND sequence NOT IN
          (SELECT sequence FROM conversation WHERE recipient_id = ?1 ORDER BY sequence DESC LIMIT 3)
        """;

    private const string CountEvents = "SELECT at / 1000, kind, COUNT(*) FROM event WHERE at >= ? AND at < ? GROUP BY 1, 2";

    private const string DeleteEvents = "DELETE FROM event WHERE sequence IN (SELECT sequence FROM event WHERE at < ? ORDER BY at LIMIT ?)";

    private const string DeleteConversations =
        "DELETE FROM conversation WHERE sequence IN (SELECT sequence FROM conversation WHERE at < ? ORDER BY at LIMIT ?)";

    public string Name => "history";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(ReadCursor, cancellationToken);

    public async ValueTask ObserveAsync(IReadOnlyList<DeliveryEvent> events, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Mail, 0, connection => Observe(connection, events), cancellationToken);

    public ValueTask<IReadOnlyList<DeliveryEvent>> ListAsync(EventFilter filter, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<DeliveryEvent>>(connection => List(connection, filter), cancellationToken);

    public ValueTask<IReadOnlyList<EventCount>> CountAsync(DateTimeOffset from, DateTimeOffset until, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<EventCount>>(connection => Count(connection, from, until), cancellationToken);

    public async ValueTask ApplyRetentionAsync(TimeSpan events, TimeSpan conversations, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await DeleteAsync(DeleteConversations, now - conversations, cancellationToken);
        await DeleteAsync(DeleteEvents, now - events, cancellationToken);
    }

    private async ValueTask DeleteAsync(string sql, DateTimeOffset before, CancellationToken cancellationToken)
    {
        int deleted;
        do
        {
            deleted = await database.Writer.RunAsync(
                WriterLane.Bulk,
                0,
                connection =>
                {
                    connection.Use(sql).Bind(before).Bind(PieceRows).Run();
                    return connection.Changes;
                },
                cancellationToken);
        }
        while (deleted == PieceRows);
    }

    private long ReadCursor(SqliteConnection connection)
    {
        using var query = connection.Use(SelectCursor).Bind(Name);
        return query.Read() ? query.Int64(0) : 0;
    }

    private bool Observe(SqliteConnection connection, IReadOnlyList<DeliveryEvent> events)
    {
        var cursor = ReadCursor(connection);
        var last = cursor;
        foreach (var deliveryEvent in events.Where(candidate => candidate.Sequence > cursor))
        {
            Insert(connection, deliveryEvent);
            last = Math.Max(last, deliveryEvent.Sequence);
        }

        if (last > cursor)
        {
            connection.Use(UpsertCursor).Bind(Name).Bind(last).Run();
        }

        return true;
    }

    private static void Insert(SqliteConnection connection, DeliveryEvent deliveryEvent)
    {
        var address = deliveryEvent.Recipient?.ToLowerInvariant();
        connection.Use(InsertEvent)
            .Bind(deliveryEvent.Sequence)
            .Bind(deliveryEvent.AccountId)
            .Bind(deliveryEvent.At)
            .Bind((long)deliveryEvent.Kind)
            .Bind(deliveryEvent.MessageId.ToBytes())
            .Bind(address)
            .Bind(address?[(address.LastIndexOf('@') + 1)..])
            .Bind(StoredJson.WriteEvent(deliveryEvent with { Sequence = 0, Conversation = null }))
            .Run();
        if (deliveryEvent is { Conversation: { } conversation, RecipientId: { } recipientId } && IsFailure(deliveryEvent.Kind))
        {
            connection.Use(InsertConversation)
                .Bind(deliveryEvent.Sequence)
                .Bind(deliveryEvent.AccountId)
                .Bind(recipientId)
                .Bind(deliveryEvent.At)
                .Bind(conversation)
                .Run();
            connection.Use(KeepLastConversations).Bind(recipientId).Run();
        }
    }

    private static bool IsFailure(DeliveryEventKind kind) =>
        kind is DeliveryEventKind.Deferred or DeliveryEventKind.Bounced or DeliveryEventKind.Expired;

    private static List<DeliveryEvent> List(SqliteConnection connection, EventFilter filter)
    {
        using var query = connection.UseOnce(Sql(filter));
        Bind(query, filter);
        var events = new List<DeliveryEvent>();
        while (query.Read())
        {
            events.Add(StoredJson.ReadEvent(query.Int64(0), query.Blob(1)) with { Conversation = query.NullableText(2) });
        }

        return events;
    }

    private static List<EventCount> Count(SqliteConnection connection, DateTimeOffset from, DateTimeOffset until)
    {
        using var query = connection.Use(CountEvents).Bind(from).Bind(until);
        var counts = new List<EventCount>();
        while (query.Read())
        {
            counts.Add(new EventCount(DateTimeOffset.FromUnixTimeSeconds(query.Int64(0)), (DeliveryEventKind)query.Int64(1), query.Int64(2)));
        }

        return counts;
    }

    private static string Sql(EventFilter filter)
    {
        var sql = new StringBuilder(
            "SELECT e.sequence, e.body, c.text FROM event e LEFT JOIN conversation c ON c.sequence = e.sequence WHERE e.sequence < ?");
        sql.Append(filter.After is null ? string.Empty : " AND e.sequence > ?");
        sql.Append(filter.AccountId is null ? string.Empty : " AND e.account_id = ?");
        sql.Append(filter.MessageId is null ? string.Empty : " AND e.message_id = ?");
        sql.Append(filter.Recipient is null ? string.Empty : " AND e.recipient = ?");
        sql.Append(filter.Domain is null ? string.Empty : " AND e.domain = ?");
        sql.Append(filter.Since is null ? string.Empty : " AND e.at >= ?");
        sql.Append(filter.Until is null ? string.Empty : " AND e.at <= ?");
        if (filter.Kinds is { } kinds)
        {
            // Numbers from an enumeration, not text from outside.
            sql.Append(" AND e.kind IN (").AppendJoin(", ", kinds.Select(kind => (int)kind)).Append(')');
        }

        return sql.Append(" ORDER BY e.sequence DESC LIMIT ?").ToString();
    }

    private static void Bind(SqliteStatement query, EventFilter filter)
    {
        query.Bind(filter.Before ?? long.MaxValue);
        if (filter.After is { } after)
        {
            query.Bind(after);
        }

        if (filter.AccountId is { } accountId)
        {
            query.Bind(accountId);
        }

        if (filter.MessageId is { } messageId)
        {
            query.Bind(messageId.ToBytes());
        }

        if (filter.Recipient is { } recipient)
        {
            query.Bind(recipient.ToLowerInvariant());
        }

        if (filter.Domain is { } domain)
        {
            query.Bind(domain.ToLowerInvariant());
        }

        if (filter.Since is { } since)
        {
            query.Bind(since);
        }

        if (filter.Until is { } until)
        {
            query.Bind(until);
        }

        query.Bind(Math.Clamp(filter.Limit, 1, MaxLimit));
    }
}
