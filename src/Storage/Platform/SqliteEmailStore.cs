using System.Text;
using Relay.Platform.Emails;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Storage;

/// <summary>E-mails of the HTTP API in relay.db, written in the transaction that queues them.</summary>
internal sealed class SqliteEmailStore(RelayDatabase database, SqliteQueueStore queue) : IEmailStore
{
    private const int RowBytes = 1_024;

    /// <summary>The cursor may lag so far behind when nothing concerned an e-mail; looking again changes nothing.</summary>
    private const long MaxCursorLag = 10_000;

    private const string SelectOne = $"SELECT {EmailRow.Columns} {EmailRow.From} WHERE e.message_id = ? AND e.account_id = ?";

    private const string DeleteExpiredKey = "DELETE FROM idempotency WHERE account_id = ? AND key = ? AND created_at <= ?";

    private const string InsertKey = "INSERT INTO idempotency (account_id, key, body_digest, message_ids, created_at) VALUES (?, ?, ?, ?, ?)";

    private const string SelectKey = "SELECT body_digest, message_ids, created_at FROM idempotency WHERE account_id = ? AND key = ?";

    private const string SelectCursor = "SELECT value FROM meta WHERE name = 'email_status_cursor'";

    private const string UpdateCursor = "UPDATE meta SET value = ?1 WHERE name = 'email_status_cursor' AND value < ?1";

    private const string IsKnown = "SELECT 1 FROM email WHERE message_id = ?";

    private const string RaiseStatus =
        "UPDATE email SET latest_status = max(latest_status, ?1), updated_at = max(updated_at, ?2) WHERE message_id = ?3";

    private const string SetStatus = "UPDATE email SET latest_status = ?1, updated_at = max(updated_at, ?2) WHERE message_id = ?3";

    private long _cursor = -1;

    public ValueTask<IReadOnlyList<DeliveryTask>> CreateAsync(
        IReadOnlyList<Email> emails, IReadOnlyList<MessageDraft> drafts, IdempotencyEntry? idempotency)
    {
        var size = emails.Sum(email => RowBytes + (email.Html?.Length ?? 0) + (email.Text?.Length ?? 0));
        return queue.EnqueueAsync(drafts, size, connection => Insert(connection, emails, idempotency));
    }

    public ValueTask<Email?> FindAsync(long accountId, QueueId id, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectOne).Bind(id.ToBytes()).Bind(accountId);
                return query.Read() ? EmailRow.Read(query) : null;
            },
            cancellationToken);

    public ValueTask<EmailPage> ListAsync(EmailFilter filter, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => new EmailPage(List(connection, filter), Count(connection, filter)), cancellationToken);

    public ValueTask<IdempotencyEntry?> FindIdempotencyAsync(long accountId, string key, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectKey).Bind(accountId).Bind(key);
                return query.Read() ? ReadKey(query, accountId, key) : null;
            },
            cancellationToken);

    public async ValueTask<long> StatusCursorAsync(CancellationToken cancellationToken) =>
        _cursor = await database.Readers.ReadAsync(connection => connection.QueryInt64(SelectCursor), cancellationToken);

    public async ValueTask ApplyStatusesAsync(IReadOnlyList<EmailStatusChange> changes, long through, CancellationToken cancellationToken)
    {
        // Most events of a relay concern no e-mail of the API: those batches cost a few look-ups and no commit.
        var known = await database.Readers.ReadAsync(connection => changes.Where(change => Knows(connection, change.Id)).ToList(), cancellationToken);
        if (known.Count > 0 || through - _cursor > MaxCursorLag)
        {
            await database.Writer.RunAsync(WriterLane.Mail, 0, connection => Apply(connection, known, through), cancellationToken);
            _cursor = Math.Max(_cursor, through);
        }
    }

    private static bool Knows(SqliteConnection connection, QueueId id)
    {
        using var query = connection.Use(IsKnown).Bind(id.ToBytes());
        return query.Read();
    }

    private static bool Apply(SqliteConnection connection, List<EmailStatusChange> changes, long through)
    {
        foreach (var change in changes)
        {
            connection.Use(change.IsReset ? SetStatus : RaiseStatus).Bind((long)change.Status).Bind(change.At).Bind(change.Id.ToBytes()).Run();
        }

        connection.Use(UpdateCursor).Bind(through).Run();
        return true;
    }

    private void Insert(SqliteConnection connection, IReadOnlyList<Email> emails, IdempotencyEntry? idempotency)
    {
        if (idempotency is not null)
        {
            InsertIdempotency(connection, idempotency);
        }

        foreach (var email in emails)
        {
            EmailRow.Write(connection, database.Ids.Next(), email);
        }
    }

    private static void InsertIdempotency(SqliteConnection connection, IdempotencyEntry entry)
    {
        connection.Use(DeleteExpiredKey).Bind(entry.AccountId).Bind(entry.Key).Bind(entry.CreatedAt - IdempotencyEntry.Lifetime).Run();
        using var insert = connection.Use(InsertKey);
        try
        {
            insert.Bind(entry.AccountId)
                .Bind(entry.Key)
                .Bind(entry.BodyDigest.Span)
                .Bind(entry.Ids.SelectMany(id => id.ToBytes()).ToArray())
                .Bind(entry.CreatedAt)
                .Run();
        }
        catch (SqliteException exception) when (exception.IsUniqueViolation)
        {
            throw new DuplicateEntryException($"The idempotency key '{entry.Key}' is in use.");
        }
    }

    private static IdempotencyEntry ReadKey(SqliteStatement row, long accountId, string key)
    {
        var ids = row.Blob(1).ToArray();
        return new IdempotencyEntry
        {
            AccountId = accountId,
            Key = key,
            BodyDigest = row.Blob(0).ToArray(),
            Ids = [.. ids.Chunk(16).Select(id => QueueId.FromBytes(id))],
            CreatedAt = row.Time(2),
        };
    }

    private static List<Email> List(SqliteConnection connection, EmailFilter filter)
    {
        var sql = $"SELECT {EmailRow.Columns} {EmailRow.From}{Where(filter)} ORDER BY e.created_at DESC, e.id DESC LIMIT ? OFFSET ?";
        using var query = connection.UseOnce(sql);
        Bind(query, filter).Bind(filter.Limit).Bind((filter.Page - 1L) * filter.Limit);
        var emails = new List<Email>();
        while (query.Read())
        {
            emails.Add(EmailRow.Read(query));
        }

        return emails;
    }

    private static long Count(SqliteConnection connection, EmailFilter filter)
    {
        using var query = connection.UseOnce($"SELECT count(*) FROM email e INDEXED BY email_listing{Where(filter)}");
        Bind(query, filter).Read();
        return query.Int64(0);
    }

    private static string Where(EmailFilter filter)
    {
        var sql = new StringBuilder(" WHERE e.account_id = ?");
        sql.Append(filter.Since is null ? string.Empty : " AND e.created_at >= ?");
        sql.Append(filter.Until is null ? string.Empty : " AND e.created_at <= ?");
        if (filter.DomainIds.Count > 0)
        {
            // Numbers, not text from outside.
            sql.Append(" AND e.domain_id IN (").AppendJoin(", ", filter.DomainIds).Append(')');
        }

        return sql.ToString();
    }

    private static SqliteStatement Bind(SqliteStatement query, EmailFilter filter)
    {
        query.Bind(filter.AccountId);
        if (filter.Since is { } since)
        {
            query.Bind(since);
        }

        return filter.Until is { } until ? query.Bind(until) : query;
    }
}
