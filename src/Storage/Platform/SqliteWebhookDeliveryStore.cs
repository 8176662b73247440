using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Deliveries to webhooks: what is pending, and the log of what was.</summary>
internal sealed class SqliteWebhookDeliveryStore(HistoryDatabase database, TimeProvider time) : IWebhookDeliveryStore
{
    private const string CursorName = "webhooks";

    private const string SelectCursor = "SELECT sequence FROM cursor WHERE name = ?";

    private const string UpsertCursor = """
        INSERT INTO cursor (name, sequence) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence
        """;

    private const string InsertEvent = """
        INSERT INTO webhook_event (uid, account_id, sequence, type, message_id, created_at, body) VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING id
        """;

    private const string InsertDelivery = """
        INSERT INTO webhook_delivery (uid, account_id, webhook_id, event_id, type, message_id, status, next_try_at, tries, attempts, created_at)
        VALUES (?, ?, ?, ?, ?, ?, 0, ?, 0, 0, ?)
        """;

    private const string InsertTried = """
        INSERT INTO webhook_delivery (uid, account_id, webhook_id, event_id, type, status, tries, attempts, created_at, finished_at, tried_at,
          response_status, response_body, error, duration_ms, request_headers)
        VALUES (?, ?, ?, ?, ?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string SelectEarlier = """
        SELECT 1 FROM webhook_delivery INDEXED BY webhook_delivery_order
        WHERE webhook_id = ? AND message_id = ? AND status = 0 AND message_id IS NOT NULL AND id < ? LIMIT 1
        """;

    public const string SelectDue = """
        SELECT d.id, d.uid, d.webhook_id, e.uid, d.type, d.message_id, d.tries, d.next_try_at, e.body
        FROM webhook_delivery d INDEXED BY webhook_delivery_due JOIN webhook_event e ON e.id = d.event_id
        WHERE d.webhook_id = ? AND d.status = 0 AND d.next_try_at IS NOT NULL ORDER BY d.next_try_at, d.id LIMIT ?
        """;

    private const string UpdateTried = """
        UPDATE webhook_delivery SET status = ?, next_try_at = ?, tries = tries + 1, attempts = attempts + 1, finished_at = ?, tried_at = ?,
          response_status = ?, response_body = ?, error = ?, duration_ms = ?, request_headers = ?
        WHERE id = ? AND status = 0
        """;

    public const string Unblock = """
        UPDATE webhook_delivery SET next_try_at = ?1 WHERE status = 0 AND next_try_at IS NULL AND id =
          (SELECT id FROM webhook_delivery INDEXED BY webhook_delivery_order
           WHERE webhook_id = ?2 AND message_id = ?3 AND status = 0 AND message_id IS NOT NULL ORDER BY id LIMIT 1)
        """;

    private const string CountPending = "SELECT webhook_id, count(*) FROM webhook_delivery WHERE status = 0 GROUP BY webhook_id";

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => database.Readers.ReadAsync(ReadCursor, cancellationToken);

    public async ValueTask FollowAsync(IReadOnlyList<WebhookEventDraft> events, long through, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Mail, events.Sum(draft => draft.Body.Length), connection => Follow(connection, events, through), cancellationToken);

    public async ValueTask AddAsync(WebhookEventDraft published, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            published.Body.Length,
            connection =>
            {
                Insert(connection, published);
                return true;
            },
            cancellationToken);

    public async ValueTask AddTriedAsync(WebhookEventDraft tested, Guid deliveryUid, WebhookTry tried, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive, tested.Body.Length, connection => InsertTest(connection, tested, deliveryUid, tried), cancellationToken);

    public ValueTask<WebhookDuePage> DueAsync(long webhookId, IReadOnlySet<long> except, int limit, CancellationToken cancellationToken)
    {
        // The set belongs to the caller's loop; the read runs elsewhere.
        HashSet<long> skipped = [.. except];
        return database.Readers.ReadAsync(connection => Due(connection, webhookId, skipped, limit), cancellationToken);
    }

    public async ValueTask RecordAsync(WebhookDue due, WebhookTry tried, DateTimeOffset? retryAt, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Mail, tried.ResponseBody.Length, connection => Record(connection, due, tried, retryAt), cancellationToken);

    public ValueTask<IReadOnlyDictionary<long, long>> PendingAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyDictionary<long, long>>(
            connection =>
            {
                var pending = new Dictionary<long, long>();
                using var query = connection.Use(CountPending);
                while (query.Read())
                {
                    pending.Add(query.Int64(0), query.Int64(1));
                }

                return pending;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<WebhookDelivery>> ListAsync(WebhookDeliveryFilter filter, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => WebhookDeliveryReads.List(connection, filter), cancellationToken);

    public ValueTask<WebhookDelivery?> FindAsync(long webhookId, Guid uid, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => WebhookDeliveryReads.Find(connection, webhookId, uid), cancellationToken);

    public ValueTask<int> ReplayAsync(WebhookReplay replay, CancellationToken cancellationToken) =>
        new WebhookBulkWork(database, time).ReplayAsync(replay, cancellationToken);

    public ValueTask HastenAsync(long webhookId, bool isOrdered, CancellationToken cancellationToken) =>
        new WebhookBulkWork(database, time).HastenAsync(webhookId, isOrdered, cancellationToken);

    public ValueTask ApplyRetentionAsync(DateTimeOffset before, IReadOnlyDictionary<long, WebhookStatus> webhooks, CancellationToken cancellationToken) =>
        new WebhookBulkWork(database, time).ApplyRetentionAsync(before, webhooks, cancellationToken);

    /// <summary>Whether something older about the same message is pending for the webhook.</summary>
    internal static bool HasEarlier(SqliteConnection connection, long webhookId, ReadOnlySpan<byte> messageId, long id)
    {
        using var query = connection.Use(SelectEarlier).Bind(webhookId).Bind(messageId).Bind(id);
        return query.Read();
    }

    private static long ReadCursor(SqliteConnection connection)
    {
        using var query = connection.Use(SelectCursor).Bind(CursorName);
        return query.Read() ? query.Int64(0) : 0;
    }

    private bool Follow(SqliteConnection connection, IReadOnlyList<WebhookEventDraft> events, long through)
    {
        var cursor = ReadCursor(connection);
        foreach (var draft in events.Where(draft => draft.Sequence > cursor))
        {
            Insert(connection, draft);
        }

        if (through > cursor)
        {
            connection.Use(UpsertCursor).Bind(CursorName).Bind(through).Run();
        }

        return true;
    }

    private void Insert(SqliteConnection connection, WebhookEventDraft draft)
    {
        var now = time.GetUtcNow();
        var eventId = InsertEventRow(connection, draft, now);
        var messageId = draft.MessageId?.ToBytes();
        foreach (var target in draft.Targets)
        {
            var waits = target.IsOrdered && messageId is not null && HasEarlier(connection, target.WebhookId, messageId, long.MaxValue);
            connection.Use(InsertDelivery)
                .Bind(NewUid(now))
                .Bind(draft.AccountId)
                .Bind(target.WebhookId)
                .Bind(eventId)
                .Bind(draft.Type)
                .Bind(Memory(draft.MessageId))
                .Bind(waits ? null : now)
                .Bind(now)
                .Run();
        }
    }

    private static long InsertEventRow(SqliteConnection connection, WebhookEventDraft draft, DateTimeOffset now)
    {
        using var insert = connection.Use(InsertEvent)
            .Bind(draft.Uid.ToByteArray(bigEndian: true))
            .Bind(draft.AccountId)
            .Bind(draft.Sequence)
            .Bind(draft.Type)
            .Bind(Memory(draft.MessageId))
            .Bind(now)
            .Bind(draft.Body.Span);
        insert.Read();
        var id = insert.Int64(0);
        insert.Read();
        return id;
    }

    private static bool InsertTest(SqliteConnection connection, WebhookEventDraft tested, Guid deliveryUid, WebhookTry tried)
    {
        var eventId = InsertEventRow(connection, tested, tried.At);
        connection.Use(InsertTried)
            .Bind(deliveryUid.ToByteArray(bigEndian: true))
            .Bind(tested.AccountId)
            .Bind(tested.Targets[0].WebhookId)
            .Bind(eventId)
            .Bind(tested.Type)
            .Bind((long)(tried.IsSuccess ? WebhookDeliveryStatus.Succeeded : WebhookDeliveryStatus.Failed))
            .Bind(tried.At)
            .Bind(tried.At)
            .Bind(tried.At)
            .Bind(tried.ResponseStatus)
            .Bind(tried.ResponseBody.Span)
            .Bind(tried.Error)
            .Bind(tried.DurationMs)
            .Bind(tried.RequestHeaders)
            .Run();
        return true;
    }

    private WebhookDuePage Due(SqliteConnection connection, long webhookId, HashSet<long> skipped, int limit)
    {
        var now = time.GetUtcNow();
        var due = new List<WebhookDue>();
        using var query = connection.Use(SelectDue).Bind(webhookId).Bind(limit + skipped.Count + 1);
        while (query.Read())
        {
            var id = query.Int64(0);
            if (skipped.Contains(id))
            {
                continue;
            }

            var at = query.Time(7);
            if (at > now || due.Count == limit)
            {
                return new WebhookDuePage(due, at);
            }

            due.Add(new WebhookDue
            {
                Id = id,
                Uid = new Guid(query.Blob(1), bigEndian: true),
                WebhookId = query.Int64(2),
                EventUid = new Guid(query.Blob(3), bigEndian: true),
                Type = query.Text(4),
                MessageId = query.IsNull(5) ? null : QueueId.FromBytes(query.Blob(5)),
                Tries = query.Int32(6),
                Body = query.Blob(8).ToArray(),
            });
        }

        return new WebhookDuePage(due, null);
    }

    private bool Record(SqliteConnection connection, WebhookDue due, WebhookTry tried, DateTimeOffset? retryAt)
    {
        var now = time.GetUtcNow();
        var status = retryAt is not null ? WebhookDeliveryStatus.Pending
            : tried.IsSuccess ? WebhookDeliveryStatus.Succeeded
            : WebhookDeliveryStatus.Failed;
        connection.Use(UpdateTried)
            .Bind((long)status)
            .Bind(retryAt)
            .Bind(retryAt is null ? now : null)
            .Bind(tried.At)
            .Bind(tried.ResponseStatus)
            .Bind(tried.ResponseBody.Span)
            .Bind(tried.Error)
            .Bind(tried.DurationMs)
            .Bind(tried.RequestHeaders)
            .Bind(due.Id)
            .Run();
        if (retryAt is null && due.MessageId is { } messageId)
        {
            connection.Use(Unblock).Bind(now).Bind(due.WebhookId).Bind(messageId.ToBytes()).Run();
        }

        return true;
    }

    // Spelt out, because a null array would become an empty memory.
    private static ReadOnlyMemory<byte>? Memory(QueueId? id) => id is { } known ? known.ToBytes() : default(ReadOnlyMemory<byte>?);

    private static byte[] NewUid(DateTimeOffset now) => Guid.CreateVersion7(now).ToByteArray(bigEndian: true);
}
