using Relay.Senders;

namespace Relay.Storage;

internal sealed class SqliteCredentialStore(RelayDatabase database) : ICredentialStore
{
    private const string Columns = """
        id, account_id, kind, name, hint, verifier, scopes, allowed_senders, allowed_networks, requests_per_second, emails_per_hour, emails_per_day,
        created_at, expires_at, revoked_at, last_used_at, emails_per_second, recipients_per_second, recipients_per_hour, recipients_per_day,
        default_stream, default_tags
        """;

    private const string Certificates = "(SELECT json_group_array(name) FROM credential_certificate WHERE credential_id = credential.id)";

    private const string Insert = $"INSERT INTO credential ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private const string SelectOne = $"SELECT {Columns}, {Certificates} FROM credential WHERE id = ?";

    // The newest first, for revoked keys may share their name.
    private const string SelectByName = $"SELECT {Columns}, {Certificates} FROM credential WHERE kind = ? AND name = ? ORDER BY id DESC LIMIT 1";

    private const string SelectKey = $"SELECT {Columns}, {Certificates} FROM credential WHERE kind = 1 AND account_id = ? AND name = ? AND revoked_at IS NULL";

    private const string SelectKeys = $"SELECT {Columns}, {Certificates} FROM credential WHERE kind = 1 AND account_id = ? ORDER BY id";

    private const string SelectByVerifier = $"SELECT {Columns}, {Certificates} FROM credential WHERE verifier = ?";

    private const string SelectAll = $"SELECT {Columns}, {Certificates} FROM credential ORDER BY kind, name";

    private const string SelectKind = $"SELECT {Columns}, {Certificates} FROM credential WHERE kind = ? ORDER BY name";

    private const string SelectByCertificate = $"""
        SELECT {Columns}, {Certificates} FROM credential WHERE id = (SELECT credential_id FROM credential_certificate WHERE name = ?)
        """;

    private const string SelectCertificate = "SELECT 1 FROM credential_certificate WHERE name = ?";

    private const string InsertCertificate = "INSERT INTO credential_certificate (name, credential_id, account_id) SELECT ?, id, account_id FROM credential WHERE id = ?";

    private const string DeleteCertificate = "DELETE FROM credential_certificate WHERE name = ? AND credential_id = ?";

    private const string DeleteCertificates = "DELETE FROM credential_certificate WHERE credential_id = ?";

    private const string SelectPage = $"SELECT {Columns}, {Certificates} FROM credential WHERE kind = ?1 AND (?2 IS NULL OR account_id = ?2) AND id > ?3 ORDER BY id LIMIT ?4";

    private const string UpdateVerifier = "UPDATE credential SET verifier = ? WHERE id = ?";

    private const string UpdateLimits = """
        UPDATE credential SET requests_per_second = ?, emails_per_hour = ?, emails_per_day = ?,
          emails_per_second = ?, recipients_per_second = ?, recipients_per_hour = ?, recipients_per_day = ? WHERE id = ?
        """;

    private const string UpdateDefaults = "UPDATE credential SET default_stream = ?, default_tags = ? WHERE id = ?";

    private const string UpdateRevoked = "UPDATE credential SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL";

    private const string UpdateLastUsed = "UPDATE credential SET last_used_at = max(coalesce(last_used_at, 0), ?1) WHERE id = ?2";

    private const string Delete = "DELETE FROM credential WHERE id = ?";

    private int _version;

    public int Version => Volatile.Read(ref _version);

    public async ValueTask<Credential> AddAsync(Credential credential, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Add(connection, credential), cancellationToken);

    public ValueTask<Credential?> FindAsync(long id, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectOne).Bind(id), cancellationToken);

    public ValueTask<Credential?> FindByNameAsync(CredentialKind kind, string name, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectByName).Bind((long)kind).Bind(name), cancellationToken);

    public ValueTask<Credential?> FindKeyAsync(long accountId, string name, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectKey).Bind(accountId).Bind(name), cancellationToken);

    public ValueTask<Credential?> FindByVerifierAsync(string verifier, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectByVerifier).Bind(verifier), cancellationToken);

    public ValueTask<Credential?> FindByCertificateAsync(string name, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectByCertificate).Bind(name), cancellationToken);

    public async ValueTask AddCertificateAsync(long id, string name, CancellationToken cancellationToken) =>
        await ChangeAsync(
            connection => Stands(connection, name)
                ? throw new DuplicateEntryException("This certificate stands for a login already.")
                : connection.Use(InsertCertificate).Bind(name).Bind(id),
            cancellationToken);

    public ValueTask<bool> RemoveCertificateAsync(long id, string name, CancellationToken cancellationToken) =>
        ChangeAsync(connection => connection.Use(DeleteCertificate).Bind(name).Bind(id), cancellationToken);

    public ValueTask<IReadOnlyList<Credential>> ListKeysAsync(long accountId, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectKeys).Bind(accountId), cancellationToken);

    public ValueTask<IReadOnlyList<Credential>> ListAsync(CredentialKind? kind, CancellationToken cancellationToken) =>
        ListAsync(connection => kind is { } one ? connection.Use(SelectKind).Bind((long)one) : connection.Use(SelectAll), cancellationToken);

    public ValueTask<IReadOnlyList<Credential>> PageAsync(CredentialKind kind, long? accountId, long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectPage).Bind((long)kind).Bind(accountId).Bind(after).Bind(limit), cancellationToken);

    public ValueTask<bool> SetVerifierAsync(long id, string verifier, CancellationToken cancellationToken) =>
        ChangeAsync(connection => connection.Use(UpdateVerifier).Bind(verifier).Bind(id), cancellationToken);

    public ValueTask<bool> SetLimitsAsync(long id, SendLimits limits, CancellationToken cancellationToken) =>
        ChangeAsync(
            connection => connection.Use(UpdateLimits)
                .Bind(limits.RequestsPerSecond)
                .Bind(limits.EmailsPerHour)
                .Bind(limits.EmailsPerDay)
                .Bind(limits.EmailsPerSecond)
                .Bind(limits.RecipientsPerSecond)
                .Bind(limits.RecipientsPerHour)
                .Bind(limits.RecipientsPerDay)
                .Bind(id),
            cancellationToken);

    public ValueTask<bool> SetDefaultsAsync(long id, MailDefaults defaults, CancellationToken cancellationToken) =>
        ChangeAsync(
            connection => connection.Use(UpdateDefaults).Bind(defaults.Stream).Bind(StoredJson.WriteTexts(defaults.Tags)).Bind(id), cancellationToken);

    public ValueTask<bool> RevokeAsync(long id, DateTimeOffset at, CancellationToken cancellationToken) =>
        ChangeAsync(connection => connection.Use(UpdateRevoked).Bind(at).Bind(id), cancellationToken);

    public ValueTask<bool> RemoveAsync(long id, CancellationToken cancellationToken) =>
        ChangeAsync(
            connection =>
            {
                connection.Use(DeleteCertificates).Bind(id).Run();
                return connection.Use(Delete).Bind(id);
            },
            cancellationToken);

    public async ValueTask MarkUsedAsync(IReadOnlyDictionary<long, DateTimeOffset> lastUsed, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                foreach (var (id, at) in lastUsed)
                {
                    connection.Use(UpdateLastUsed).Bind(at).Bind(id).Run();
                }

                return true;
            },
            cancellationToken);

    private ValueTask<Credential?> FindAsync(Func<SqliteConnection, SqliteStatement> select, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = select(connection);
                return query.Read() ? Read(query) : null;
            },
            cancellationToken);

    private ValueTask<IReadOnlyList<Credential>> ListAsync(Func<SqliteConnection, SqliteStatement> select, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<Credential>>(
            connection =>
            {
                var credentials = new List<Credential>();
                using var query = select(connection);
                while (query.Read())
                {
                    credentials.Add(Read(query));
                }

                return credentials;
            },
            cancellationToken);

    private async ValueTask<bool> ChangeAsync(Func<SqliteConnection, SqliteStatement> change, CancellationToken cancellationToken)
    {
        try
        {
            return await database.Writer.RunAsync(
                WriterLane.Interactive,
                0,
                connection =>
                {
                    change(connection).Run();
                    return connection.Changes > 0;
                },
                cancellationToken);
        }
        finally
        {
            Interlocked.Increment(ref _version);
        }
    }

    private static bool Stands(SqliteConnection connection, string certificate)
    {
        using var query = connection.Use(SelectCertificate).Bind(certificate);
        return query.Read();
    }

    private Credential Add(SqliteConnection connection, Credential credential)
    {
        var added = credential with { Id = database.Ids.Next() };
        using var insert = connection.Use(Insert);
        try
        {
            insert.Bind(added.Id)
                .Bind(added.AccountId)
                .Bind((long)added.Kind)
                .Bind(added.Name)
                .Bind(added.Hint)
                .Bind(added.Verifier)
                .Bind(added.Scopes)
                .Bind(StoredJson.WriteTexts(added.AllowedSenders))
                .Bind(StoredJson.WriteTexts(added.AllowedNetworks))
                .Bind(added.Limits.RequestsPerSecond)
                .Bind(added.Limits.EmailsPerHour)
                .Bind(added.Limits.EmailsPerDay)
                .Bind(added.CreatedAt)
                .Bind(added.ExpiresAt)
                .Bind(added.RevokedAt)
                .Bind(added.LastUsedAt)
                .Bind(added.Limits.EmailsPerSecond)
                .Bind(added.Limits.RecipientsPerSecond)
                .Bind(added.Limits.RecipientsPerHour)
                .Bind(added.Limits.RecipientsPerDay)
                .Bind(added.Defaults.Stream)
                .Bind(StoredJson.WriteTexts(added.Defaults.Tags))
                .Run();
            return added;
        }
        catch (SqliteException exception) when (exception.IsUniqueViolation)
        {
            throw new DuplicateEntryException($"The name '{credential.Name}' is taken by another credential of this kind.");
        }
    }

    private static Credential Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        AccountId = row.Int64(1),
        Kind = (CredentialKind)row.Int32(2),
        Name = row.Text(3),
        Hint = row.NullableText(4),
        Verifier = row.Text(5),
        Scopes = row.Text(6),
        AllowedSenders = StoredJson.ReadTexts(row.NullableText(7)),
        AllowedNetworks = StoredJson.ReadTexts(row.NullableText(8)),
        Limits = new SendLimits
        {
            RequestsPerSecond = (int?)row.NullableInt64(9),
            EmailsPerHour = (int?)row.NullableInt64(10),
            EmailsPerDay = (int?)row.NullableInt64(11),
            EmailsPerSecond = (int?)row.NullableInt64(16),
            RecipientsPerSecond = (int?)row.NullableInt64(17),
            RecipientsPerHour = (int?)row.NullableInt64(18),
            RecipientsPerDay = (int?)row.NullableInt64(19),
        },
        CreatedAt = row.Time(12),
        ExpiresAt = row.NullableTime(13),
        RevokedAt = row.NullableTime(14),
        LastUsedAt = row.NullableTime(15),
        Defaults = new MailDefaults { Stream = row.NullableText(20), Tags = StoredJson.ReadTexts(row.NullableText(21)) },
        Certificates = StoredJson.ReadTexts(row.NullableText(22)),
    };
}
