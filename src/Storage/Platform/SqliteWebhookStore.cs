using Relay.Platform.Webhooks;
using Relay.Queue;

namespace Relay.Storage;

internal sealed class SqliteWebhookStore(RelayDatabase database) : IWebhookStore
{
    private const string Columns = """
        id, uid, account_id, revision, name, url, events, filter_domains, filter_tags, filter_stream, header_names, sealed_headers, status,
        status_reason, rate_limit, rate_period, ordered, sealed_secret, sealed_previous_secret, previous_secret_until, failing_since,
        created_at, updated_at
        """;

    private const string Insert = $"""
        INSERT OR REPLACE INTO webhook ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string SelectAll = $"SELECT {Columns} FROM webhook ORDER BY id";
    private const string SelectOne = $"SELECT {Columns} FROM webhook WHERE id = ?";
    private const string CountOfAccount = "SELECT count(*) FROM webhook WHERE account_id = ?";
    private const string Delete = "DELETE FROM webhook WHERE id = ?";

    public async ValueTask<Webhook?> AddAsync(Webhook webhook, int maxPerAccount, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Add(connection, webhook, maxPerAccount), cancellationToken);

    public ValueTask<IReadOnlyList<Webhook>> ListAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<Webhook>>(
            connection =>
            {
                var webhooks = new List<Webhook>();
                using var query = connection.Use(SelectAll);
                while (query.Read())
                {
                    webhooks.Add(Read(query));
                }

                return webhooks;
            },
            cancellationToken);

    public async ValueTask<Webhook?> ChangeAsync(long id, Func<Webhook, Webhook?> change, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Change(connection, id, change), cancellationToken);

    public async ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(Delete).Bind(id).Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    private Webhook? Add(SqliteConnection connection, Webhook webhook, int maxPerAccount)
    {
        using (var count = connection.Use(CountOfAccount).Bind(webhook.AccountId))
        {
            if (count.Read() && count.Int64(0) >= maxPerAccount)
            {
                return null;
            }
        }

        var added = webhook with { Id = database.Ids.Next(), Revision = 1 };
        Write(connection, added);
        return added;
    }

    private static Webhook? Change(SqliteConnection connection, long id, Func<Webhook, Webhook?> change)
    {
        Webhook? stored;
        using (var query = connection.Use(SelectOne).Bind(id))
        {
            stored = query.Read() ? Read(query) : null;
        }

        if (stored is null || change(stored) is not { } wanted || ReferenceEquals(wanted, stored))
        {
            return stored;
        }

        var changed = wanted with
        {
            Id = stored.Id,
            Uid = stored.Uid,
            AccountId = stored.AccountId,
            CreatedAt = stored.CreatedAt,
            Revision = stored.Revision + 1,
        };
        Write(connection, changed);
        return changed;
    }

    private static void Write(SqliteConnection connection, Webhook webhook) =>
        connection.Use(Insert)
            .Bind(webhook.Id)
            .Bind(webhook.Uid.ToByteArray(bigEndian: true))
            .Bind(webhook.AccountId)
            .Bind(webhook.Revision)
            .Bind(webhook.Name)
            .Bind(webhook.Url.AbsoluteUri)
            .Bind(StoredJson.WriteTexts(webhook.Events))
            .Bind(StoredJson.WriteTexts(webhook.Filters.Domains))
            .Bind(StoredJson.WriteTexts(webhook.Filters.Tags))
            .Bind((long?)webhook.Filters.Stream)
            .Bind(StoredJson.WriteTexts(webhook.HeaderNames))
            .Bind(webhook.SealedHeaders)
            .Bind((long)webhook.Status)
            .Bind(webhook.StatusReason)
            .Bind(webhook.RateLimit)
            .Bind((long)webhook.RatePeriod)
            .Bind(webhook.Ordered)
            .Bind(webhook.SealedSecret.Span)
            .Bind(webhook.SealedPreviousSecret)
            .Bind(webhook.PreviousSecretUntil)
            .Bind(webhook.FailingSince)
            .Bind(webhook.CreatedAt)
            .Bind(webhook.UpdatedAt)
            .Run();

    private static Webhook Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        Uid = new Guid(row.Blob(1), bigEndian: true),
        AccountId = row.Int64(2),
        Revision = row.Int64(3),
        Name = row.NullableText(4),
        Url = new Uri(row.Text(5)),
        Events = StoredJson.ReadTexts(row.NullableText(6)),
        Filters = new WebhookFilters
        {
            Domains = StoredJson.ReadTexts(row.NullableText(7)),
            Tags = StoredJson.ReadTexts(row.NullableText(8)),
            Stream = (MailStream?)row.NullableInt64(9),
        },
        HeaderNames = StoredJson.ReadTexts(row.NullableText(10)),
        SealedHeaders = Memory(row, 11),
        Status = (WebhookStatus)row.Int32(12),
        StatusReason = row.NullableText(13),
        RateLimit = row.Int32(14),
        RatePeriod = (WebhookRatePeriod)row.Int32(15),
        Ordered = row.Bool(16),
        SealedSecret = row.Blob(17).ToArray(),
        SealedPreviousSecret = Memory(row, 18),
        PreviousSecretUntil = row.NullableTime(19),
        FailingSince = row.NullableTime(20),
        CreatedAt = row.Time(21),
        UpdatedAt = row.Time(22),
    };

    // Spelt out, because a null array would become an empty memory.
    private static ReadOnlyMemory<byte>? Memory(SqliteStatement row, int column) =>
        row.IsNull(column) ? default(ReadOnlyMemory<byte>?) : row.Blob(column).ToArray();
}
