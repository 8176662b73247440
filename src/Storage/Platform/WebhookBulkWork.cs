using System.Text;
using Relay.Platform.Webhooks;

namespace Relay.Storage;

/// <summary>What changes many webhook deliveries: replay, resume, retention; in small pieces that leave the writer to others between.</summary>
internal sealed class WebhookBulkWork(HistoryDatabase database, TimeProvider time)
{
    private const int PieceRows = 500;

    private const string MakePending = """
        UPDATE webhook_delivery SET status = 0, next_try_at = ?, tries = 0, finished_at = NULL WHERE id = ? AND status <> 0
        """;

    private const string SelectPending = """
        SELECT id, message_id FROM webhook_delivery WHERE webhook_id = ? AND status = 0 AND id > ? ORDER BY id LIMIT ?
        """;

    private const string MakeDue = "UPDATE webhook_delivery SET next_try_at = ?, tries = 0 WHERE id = ? AND status = 0";

    private const string DeleteFinished = """
        DELETE FROM webhook_delivery WHERE id IN
          (SELECT id FROM webhook_delivery INDEXED BY webhook_delivery_finished WHERE finished_at < ? ORDER BY finished_at LIMIT ?)
        """;

    private const string DeletePending = """
        DELETE FROM webhook_delivery WHERE id IN
          (SELECT id FROM webhook_delivery WHERE webhook_id = ? AND status = 0 AND created_at < ? ORDER BY id LIMIT ?)
        """;

    private const string DeleteOfWebhook = """
        DELETE FROM webhook_delivery WHERE id IN (SELECT id FROM webhook_delivery WHERE webhook_id = ? LIMIT ?)
        """;

    private const string DeleteEvents = """
        DELETE FROM webhook_event WHERE id IN
          (SELECT e.id FROM webhook_event e WHERE e.created_at < ?
           AND NOT EXISTS (SELECT 1 FROM webhook_delivery d WHERE d.event_id = e.id) ORDER BY e.created_at LIMIT ?)
        """;

    private const string NextWebhook = "SELECT webhook_id FROM webhook_delivery WHERE webhook_id > ? ORDER BY webhook_id LIMIT 1";

    public async ValueTask<int> ReplayAsync(WebhookReplay replay, CancellationToken cancellationToken)
    {
        var rows = await database.Readers.ReadAsync(connection => Select(connection, replay), cancellationToken);
        var count = 0;
        foreach (var piece in rows.Chunk(PieceRows))
        {
            count += await RunAsync(connection => piece.Sum(row => Revive(connection, replay, row)), cancellationToken);
        }

        return count;
    }

    public async ValueTask HastenAsync(long webhookId, bool isOrdered, CancellationToken cancellationToken)
    {
        var after = 0L;
        while (after < long.MaxValue)
        {
            after = await RunAsync(connection => Hasten(connection, webhookId, isOrdered, after), cancellationToken);
        }
    }

    public async ValueTask ApplyRetentionAsync(
        DateTimeOffset before, IReadOnlyDictionary<long, WebhookStatus> webhooks, CancellationToken cancellationToken)
    {
        await DeleteAsync(connection => connection.Use(DeleteFinished).Bind(before).Bind(PieceRows), cancellationToken);
        foreach (var webhookId in await database.Readers.ReadAsync(Webhooks, cancellationToken))
        {
            if (!webhooks.TryGetValue(webhookId, out var status))
            {
                await DeleteAsync(connection => connection.Use(DeleteOfWebhook).Bind(webhookId).Bind(PieceRows), cancellationToken);
            }
            else if (status != WebhookStatus.Active)
            {
                await DeleteAsync(connection => connection.Use(DeletePending).Bind(webhookId).Bind(before).Bind(PieceRows), cancellationToken);
            }
        }

        await DeleteAsync(connection => connection.Use(DeleteEvents).Bind(before).Bind(PieceRows), cancellationToken);
    }

    private static List<PendingRow> Select(SqliteConnection connection, WebhookReplay replay)
    {
        var sql = new StringBuilder("SELECT id, message_id FROM webhook_delivery WHERE webhook_id = ?");
        sql.Append(replay.FailedOnly ? " AND status = 2" : " AND status IN (1, 2)");
        sql.Append(replay.Uid is null ? string.Empty : " AND uid = ?");
        sql.Append(replay.From is null ? string.Empty : " AND created_at >= ?");
        sql.Append(replay.To is null ? string.Empty : " AND created_at < ?");
        sql.Append(" ORDER BY id LIMIT ?");
        using var query = connection.UseOnce(sql.ToString()).Bind(replay.WebhookId);
        if (replay.Uid is { } uid)
        {
            query.Bind(uid.ToByteArray(bigEndian: true));
        }

        if (replay.From is { } from)
        {
            query.Bind(from);
        }

        if (replay.To is { } to)
        {
            query.Bind(to);
        }

        query.Bind(replay.Limit);
        return ReadRows(query);
    }

    private int Revive(SqliteConnection connection, WebhookReplay replay, PendingRow row)
    {
        connection.Use(MakePending).Bind(DueTime(connection, replay.WebhookId, replay.IsOrdered, row)).Bind(row.Id).Run();
        return connection.Changes;
    }

    // Answers the last id of the piece; the highest number when it was the last piece.
    private long Hasten(SqliteConnection connection, long webhookId, bool isOrdered, long after)
    {
        List<PendingRow> rows;
        using (var query = connection.Use(SelectPending).Bind(webhookId).Bind(after).Bind(PieceRows))
        {
            rows = ReadRows(query);
        }

        foreach (var row in rows)
        {
            connection.Use(MakeDue).Bind(DueTime(connection, webhookId, isOrdered, row)).Bind(row.Id).Run();
        }

        return rows.Count < PieceRows ? long.MaxValue : rows[^1].Id;
    }

    private DateTimeOffset? DueTime(SqliteConnection connection, long webhookId, bool isOrdered, PendingRow row) =>
        isOrdered && row.MessageId is { } messageId && SqliteWebhookDeliveryStore.HasEarlier(connection, webhookId, messageId, row.Id)
            ? null
            : time.GetUtcNow();

    private static List<long> Webhooks(SqliteConnection connection)
    {
        var webhooks = new List<long>();
        var last = long.MinValue;
        while (true)
        {
            using var query = connection.Use(NextWebhook).Bind(last);
            if (!query.Read())
            {
                return webhooks;
            }

            last = query.Int64(0);
            webhooks.Add(last);
        }
    }

    private static List<PendingRow> ReadRows(SqliteStatement query)
    {
        var rows = new List<PendingRow>();
        while (query.Read())
        {
            rows.Add(new PendingRow(query.Int64(0), query.IsNull(1) ? null : query.Blob(1).ToArray()));
        }

        return rows;
    }

    private async ValueTask DeleteAsync(Func<SqliteConnection, SqliteStatement> delete, CancellationToken cancellationToken)
    {
        int deleted;
        do
        {
            deleted = await RunAsync(
                connection =>
                {
                    delete(connection).Run();
                    return connection.Changes;
                },
                cancellationToken);
        }
        while (deleted == PieceRows);
    }

    private Task<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        database.Writer.RunAsync(WriterLane.Bulk, 0, work, cancellationToken);

    private readonly record struct PendingRow(long Id, byte[]? MessageId);
}
