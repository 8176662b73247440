using System.Text.Json.Nodes;
using Relay.Platform.Webhooks;

namespace Relay.Storage;

/// <summary>Notices in relay.db, written by whoever changes what they tell of.</summary>
internal sealed class SqliteNoticeStore(RelayDatabase database) : INoticeStore
{
    private const string Insert = "INSERT INTO webhook_notice (uid, account_id, type, at, domain, domain_id, data) VALUES (?, ?, ?, ?, ?, ?, ?)";

    private const string SelectOldest = "SELECT id, uid, account_id, type, at, domain, domain_id, data FROM webhook_notice ORDER BY id LIMIT ?";

    private const string Delete = "DELETE FROM webhook_notice WHERE id <= ?";

    public event Action? Added;

    /// <summary>Within the transaction of the change.</summary>
    public static void Add(SqliteConnection connection, WebhookNotice notice) =>
        connection.Use(Insert)
            .Bind((notice.Uid ?? Guid.CreateVersion7(notice.At)).ToByteArray(bigEndian: true))
            .Bind(notice.AccountId)
            .Bind(notice.Type)
            .Bind(notice.At)
            .Bind(notice.Domain)
            .Bind(notice.DomainId)
            .Bind(notice.Data.ToJsonString())
            .Run();

    /// <summary>After the commit.</summary>
    public void Announce() => Added?.Invoke();

    public ValueTask<IReadOnlyList<StoredNotice>> ReadAsync(int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<StoredNotice>>(
            connection =>
            {
                var notices = new List<StoredNotice>();
                using var query = connection.Use(SelectOldest).Bind(limit);
                while (query.Read())
                {
                    notices.Add(new StoredNotice(query.Int64(0), Read(query)));
                }

                return notices;
            },
            cancellationToken);

    public async ValueTask RemoveAsync(long through, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(Delete).Bind(through).Run();
                return true;
            },
            cancellationToken);

    private static WebhookNotice Read(SqliteStatement row) => new()
    {
        Uid = new Guid(row.Blob(1), bigEndian: true),
        AccountId = row.Int64(2),
        Type = row.Text(3),
        At = row.Time(4),
        Domain = row.NullableText(5),
        DomainId = row.NullableInt64(6),
        Data = JsonNode.Parse(row.Text(7))!.AsObject(),
    };
}
