using System.Text;
using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Questions about the log of webhook deliveries.</summary>
internal static class WebhookDeliveryReads
{
    private const int MaxLimit = 100;

    private const string Columns = """
        d.id, d.uid, e.uid, d.type, d.message_id, d.status, d.attempts, d.created_at, d.next_try_at, d.finished_at, d.tried_at,
        d.response_status, d.response_body, d.error, d.duration_ms, d.request_headers
        """;

    private const string From = "FROM webhook_delivery d JOIN webhook_event e ON e.id = d.event_id";

    private const string SelectOne = $"SELECT {Columns}, e.body {From} WHERE d.uid = ? AND d.webhook_id = ?";

    public static WebhookDelivery? Find(SqliteConnection connection, long webhookId, Guid uid)
    {
        using var query = connection.Use(SelectOne).Bind(uid.ToByteArray(bigEndian: true)).Bind(webhookId);
        return query.Read() ? Read(query) with { Body = query.Blob(16).ToArray() } : null;
    }

    public static IReadOnlyList<WebhookDelivery> List(SqliteConnection connection, WebhookDeliveryFilter filter)
    {
        using var query = connection.UseOnce(Sql(filter));
        Bind(query, filter);
        var deliveries = new List<WebhookDelivery>();
        while (query.Read())
        {
            deliveries.Add(Read(query));
        }

        return deliveries;
    }

    private static string Sql(WebhookDeliveryFilter filter)
    {
        var sql = new StringBuilder($"SELECT {Columns} {From} WHERE d.webhook_id = ?");
        if (filter.Status is { } status)
        {
            // A number from an enumeration, in the text so that the partial indices are found.
            sql.Append(" AND d.status = ").Append((int)status);
        }

        sql.Append(filter.Type is null ? string.Empty : " AND d.type = ?");
        sql.Append(filter.From is null ? string.Empty : " AND d.created_at >= ?");
        sql.Append(filter.To is null ? string.Empty : " AND d.created_at < ?");
        sql.Append(filter.Before is null ? string.Empty : " AND d.id < (SELECT id FROM webhook_delivery WHERE uid = ?)");
        return sql.Append(" ORDER BY d.id DESC LIMIT ?").ToString();
    }

    private static void Bind(SqliteStatement query, WebhookDeliveryFilter filter)
    {
        query.Bind(filter.WebhookId);
        if (filter.Type is { } type)
        {
            query.Bind(type);
        }

        if (filter.From is { } from)
        {
            query.Bind(from);
        }

        if (filter.To is { } to)
        {
            query.Bind(to);
        }

        if (filter.Before is { } before)
        {
            query.Bind(before.ToByteArray(bigEndian: true));
        }

        query.Bind(Math.Clamp(filter.Limit, 1, MaxLimit));
    }

    private static WebhookDelivery Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        Uid = new Guid(row.Blob(1), bigEndian: true),
        EventUid = new Guid(row.Blob(2), bigEndian: true),
        Type = row.Text(3),
        MessageId = row.IsNull(4) ? null : QueueId.FromBytes(row.Blob(4)),
        Status = (WebhookDeliveryStatus)row.Int32(5),
        Attempts = row.Int32(6),
        CreatedAt = row.Time(7),
        NextTryAt = row.NullableTime(8),
        FinishedAt = row.NullableTime(9),
        LastTry = row.IsNull(10) ? null : ReadTry(row),
    };

    private static WebhookTry ReadTry(SqliteStatement row) => new()
    {
        At = row.Time(10),
        ResponseStatus = row.IsNull(11) ? null : row.Int32(11),
        ResponseBody = row.Blob(12).ToArray(),
        Error = row.NullableText(13),
        DurationMs = row.Int32(14),
        RequestHeaders = row.Text(15),
    };
}
