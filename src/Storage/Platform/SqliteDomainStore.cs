using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Platform.Webhooks;
using Relay.Senders;

namespace Relay.Storage;

internal sealed class SqliteDomainStore(RelayDatabase database, SqliteNoticeStore notices) : IDomainStore
{
    private const string Columns = """
        id, uid, account_id, name, region, status, is_trusted, click_tracking, open_tracking, token,
        rsa_selector, rsa_record, ed25519_selector, ed25519_record,
        ownership_status, rsa_status, ed25519_status, mx_status, spf_status, dmarc_status, tracking_status,
        emails_per_hour, emails_per_day, verification_error, checked_at, next_check_at, failing_since, failures, created_at, updated_at,
        emails_per_second, recipients_per_second, recipients_per_hour, recipients_per_day, advice, drift_since, looks
        """;

    private const string Insert = $"""
        INSERT INTO sending_domain ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string SelectOne = $"SELECT {Columns} FROM sending_domain WHERE id = ?";

    private const string SelectByName = $"SELECT {Columns} FROM sending_domain WHERE account_id = ? AND name = ?";

    private const string SelectHolder = "SELECT account_id FROM sending_domain WHERE name = ? AND status = 2";

    private const string SelectAccount = $"SELECT {Columns} FROM sending_domain WHERE account_id = ? ORDER BY id";

    private const string SelectAll = $"SELECT {Columns} FROM sending_domain ORDER BY id";

    private const string SelectPage = $"SELECT {Columns} FROM sending_domain WHERE (?1 IS NULL OR account_id = ?1) AND id > ?2 ORDER BY id LIMIT ?3";

    // Word for word the condition of the index sending_domain_failed.
    private const string SelectFailed = $"""
        SELECT {Columns} FROM sending_domain WHERE status = 3 AND is_trusted = 0 AND verification_error IS NOT NULL ORDER BY id LIMIT ?
        """;

    // Word for word the condition of the index sending_domain_drifted.
    private const string SelectDrifted = $"SELECT {Columns} FROM sending_domain WHERE status = 2 AND drift_since IS NOT NULL ORDER BY id LIMIT ?";

    private const string CountAccount = "SELECT count(*) FROM sending_domain WHERE account_id = ?";

    private const string SelectDue = $"SELECT {Columns} FROM sending_domain WHERE next_check_at <= ? ORDER BY next_check_at LIMIT ?";

    private const string SelectNextDue = "SELECT min(next_check_at) FROM sending_domain WHERE next_check_at IS NOT NULL";

    private const string UpdateSettings = """
        UPDATE sending_domain SET click_tracking = ?, open_tracking = ?, emails_per_hour = ?, emails_per_day = ?,
          emails_per_second = ?, recipients_per_second = ?, recipients_per_hour = ?, recipients_per_day = ?, updated_at = ?
        WHERE id = ?
        """;

    private const string UpdateProof = """
        UPDATE sending_domain SET status = ?, ownership_status = ?, rsa_status = ?, ed25519_status = ?, mx_status = ?, spf_status = ?,
          dmarc_status = ?, tracking_status = ?, verification_error = ?, checked_at = ?, next_check_at = ?, failing_since = ?, failures = ?, updated_at = ?,
          advice = ?, drift_since = ?, looks = ?, rsa_selector = ?, rsa_record = ?, ed25519_selector = ?, ed25519_record = ?
        WHERE id = ?
        """;

    private const string UpdateNextCheck = "UPDATE sending_domain SET next_check_at = ? WHERE id = ?";

    private const string Delete = "DELETE FROM sending_domain WHERE id = ?";

    // Keys that an operator retired stay retired, and those that he made sign on while the domain is not proved.
    private const string UpdateKey = """
        UPDATE dkim_key SET state = ?1 WHERE account_id = ?2 AND domain = ?3 AND selector = ?4 AND state IN (0, 1) AND (?1 = 1 OR activates_on_sight = 0)
        """;

    private const string RetireKeys = """
        UPDATE dkim_key SET state = 2, retired_at = ? WHERE account_id = ? AND domain = ? AND selector IN (?, ?) AND state IN (0, 1) AND activates_on_sight = 0
        """;

    public async ValueTask<DomainEntry> AddAsync(
        DomainEntry entry, IReadOnlyList<SealedDkimKey> keys, Func<DomainEntry, WebhookNotice> notice, CancellationToken cancellationToken) =>
        await TellAsync(
            connection =>
            {
                var added = entry with { Domain = entry.Domain with { Id = database.Ids.Next() } };
                Add(connection, added);
                foreach (var key in keys)
                {
                    SqliteDkimKeyStore.Add(connection, database.Ids.Next(), key);
                }

                SqliteNoticeStore.Add(connection, notice(added));

                return added;
            },
            cancellationToken);

    public ValueTask<DomainEntry?> FindAsync(long id, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectOne).Bind(id), cancellationToken);

    public ValueTask<DomainEntry?> FindAsync(long accountId, DomainName name, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectByName).Bind(accountId).Bind(name.Ascii), cancellationToken);

    public ValueTask<long?> FindHolderAsync(DomainName name, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectHolder).Bind(name.Ascii);
                return query.Read() ? query.Int64(0) : (long?)null;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<DomainEntry>> ListAsync(long? accountId, CancellationToken cancellationToken) =>
        ListAsync(connection => accountId is { } id ? connection.Use(SelectAccount).Bind(id) : connection.Use(SelectAll), cancellationToken);

    public ValueTask<IReadOnlyList<DomainEntry>> PageAsync(long? accountId, long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectPage).Bind(accountId).Bind(after).Bind(limit), cancellationToken);

    public ValueTask<IReadOnlyList<DomainEntry>> FailedAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectFailed).Bind(limit), cancellationToken);

    public ValueTask<IReadOnlyList<DomainEntry>> DriftedAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectDrifted).Bind(limit), cancellationToken);

    public ValueTask<int> CountAsync(long accountId, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(CountAccount).Bind(accountId);
                return query.Read() ? query.Int32(0) : 0;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<DomainEntry>> DueAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectDue).Bind(now).Bind(limit), cancellationToken);

    public ValueTask<DateTimeOffset?> NextDueAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectNextDue);
                return query.Read() ? query.NullableTime(0) : null;
            },
            cancellationToken);

    public async ValueTask<bool> UpdateSettingsAsync(DomainEntry entry, CancellationToken cancellationToken) =>
        await RunAsync(
            connection =>
            {
                connection.Use(UpdateSettings)
                    .Bind(entry.Domain.ClickTracking)
                    .Bind(entry.Domain.OpenTracking)
                    .Bind(entry.Domain.Limits.EmailsPerHour)
                    .Bind(entry.Domain.Limits.EmailsPerDay)
                    .Bind(entry.Domain.Limits.EmailsPerSecond)
                    .Bind(entry.Domain.Limits.RecipientsPerSecond)
                    .Bind(entry.Domain.Limits.RecipientsPerHour)
                    .Bind(entry.Domain.Limits.RecipientsPerDay)
                    .Bind(entry.Domain.UpdatedAt)
                    .Bind(entry.Domain.Id)
                    .Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    public async ValueTask<bool> UpdateProofAsync(DomainEntry entry, KeyStates keys, WebhookNotice? notice, CancellationToken cancellationToken) =>
        await TellAsync(
            connection =>
            {
                if (!WriteProof(connection, entry, keys))
                {
                    return false;
                }

                if (notice is not null)
                {
                    SqliteNoticeStore.Add(connection, notice);
                }

                return true;
            },
            cancellationToken);

    public async ValueTask<bool> ScheduleAsync(long id, DateTimeOffset nextCheck, CancellationToken cancellationToken) =>
        await RunAsync(
            connection =>
            {
                connection.Use(UpdateNextCheck).Bind(nextCheck).Bind(id).Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    public async ValueTask<bool> RemoveAsync(long id, DateTimeOffset at, WebhookNotice notice, CancellationToken cancellationToken) =>
        await TellAsync(
            connection =>
            {
                if (Find(connection.Use(SelectOne).Bind(id)) is not { } entry)
                {
                    return false;
                }

                connection.Use(Delete).Bind(id).Run();
                connection.Use(RetireKeys)
                    .Bind(at)
                    .Bind(entry.Domain.AccountId)
                    .Bind(entry.Domain.Name.Ascii)
                    .Bind(entry.RsaKey.Selector)
                    .Bind(entry.Ed25519Key.Selector)
                    .Run();
                SqliteNoticeStore.Add(connection, notice);
                return true;
            },
            cancellationToken);

    private async ValueTask<T> TellAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken)
    {
        var result = await RunAsync(work, cancellationToken);
        notices.Announce();
        return result;
    }

    private async ValueTask<T> RunAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, work, cancellationToken);

    private ValueTask<DomainEntry?> FindAsync(Func<SqliteConnection, SqliteStatement> select, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => Find(select(connection)), cancellationToken);

    private ValueTask<IReadOnlyList<DomainEntry>> ListAsync(Func<SqliteConnection, SqliteStatement> select, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<DomainEntry>>(
            connection =>
            {
                var entries = new List<DomainEntry>();
                using var query = select(connection);
                while (query.Read())
                {
                    entries.Add(DomainRow.Read(query));
                }

                return entries;
            },
            cancellationToken);

    private static DomainEntry? Find(SqliteStatement select)
    {
        using var query = select;
        return query.Read() ? DomainRow.Read(query) : null;
    }

    private static void Add(SqliteConnection connection, DomainEntry entry)
    {
        try
        {
            DomainRow.Bind(connection.Use(Insert), entry).Run();
        }
        catch (SqliteException exception) when (exception.IsUniqueViolation)
        {
            throw new DuplicateEntryException($"The account has the domain {entry.Domain.Name} already, or another account holds it as proved.");
        }
    }

    private static bool WriteProof(SqliteConnection connection, DomainEntry entry, KeyStates keys)
    {
        try
        {
            var records = entry.Records;
            connection.Use(UpdateProof)
                .Bind((long)entry.Domain.Status)
                .Bind((long)records.Ownership)
                .Bind((long)records.Rsa)
                .Bind((long)records.Ed25519)
                .Bind((long)records.ReturnPath)
                .Bind((long)records.Spf)
                .Bind((long)records.Dmarc)
                .Bind((long)records.Tracking)
                .Bind(entry.VerificationError)
                .Bind(entry.CheckedAt)
                .Bind(entry.NextCheckAt)
                .Bind(entry.FailingSince)
                .Bind((long)entry.Failures)
                .Bind(entry.Domain.UpdatedAt)
                .Bind(StoredAdvice.Write(entry.Advice))
                .Bind(entry.DriftSince)
                .Bind(StoredAdvice.Write(entry.Looks))
                .Bind(entry.RsaKey.Selector)
                .Bind(entry.RsaKey.Record)
                .Bind(entry.Ed25519Key.Selector)
                .Bind(entry.Ed25519Key.Record)
                .Bind(entry.Domain.Id)
                .Run();
        }
        catch (SqliteException exception) when (exception.IsUniqueViolation)
        {
            return false;
        }

        if (connection.Changes == 0)
        {
            return false;
        }

        SetState(connection, entry, entry.RsaKey, keys.Rsa);
        SetState(connection, entry, entry.Ed25519Key, keys.Ed25519);
        return true;
    }

    private static void SetState(SqliteConnection connection, DomainEntry entry, DomainKey key, DkimKeyState? state)
    {
        if (state is { } changed)
        {
            connection.Use(UpdateKey).Bind((long)changed).Bind(entry.Domain.AccountId).Bind(entry.Domain.Name.Ascii).Bind(key.Selector).Run();
        }
    }
}
