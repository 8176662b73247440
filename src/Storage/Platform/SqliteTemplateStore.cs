using Relay.Platform.Templates;
using Relay.Senders;

namespace Relay.Storage;

internal sealed class SqliteTemplateStore(RelayDatabase database) : ITemplateStore
{
    private const string Columns = """
        t.id, t.uid, t.account_id, v.name, v.version, v.subject, v.html, v.text, v.variables, v.is_strict, t.created_at, v.created_at
        """;

    private const string CountAll = "SELECT count(*) FROM template WHERE account_id = ?";

    private const string Insert = "INSERT INTO template (id, uid, account_id, name, version, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)";

    private const string InsertVersion = """
        INSERT INTO template_version (id, account_id, template_id, version, name, subject, html, text, variables, is_strict, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string SelectCurrent = $"""
        SELECT {Columns} FROM template t JOIN template_version v ON v.template_id = t.id AND v.version = t.version WHERE t.uid = ? AND t.account_id = ?
        """;

    private const string SelectOfVersion = $"""
        SELECT {Columns} FROM template t JOIN template_version v ON v.template_id = t.id WHERE t.uid = ? AND t.account_id = ? AND v.version = ?
        """;

    private const string SelectNumber = "SELECT version FROM template WHERE uid = ? AND account_id = ?";

    private const string SelectPage = """
        SELECT t.uid, t.name, v.subject, t.version, t.created_at, t.updated_at
        FROM template t JOIN template_version v ON v.template_id = t.id AND v.version = t.version
        WHERE t.account_id = ? ORDER BY t.id DESC LIMIT ? OFFSET ?
        """;

    private const string SelectVersions = """
        SELECT v.version, v.name, v.subject, v.created_at FROM template t JOIN template_version v ON v.template_id = t.id
        WHERE t.uid = ? AND t.account_id = ? ORDER BY v.version DESC
        """;

    private const string Update = "UPDATE template SET name = ?, version = ?, updated_at = ? WHERE uid = ? AND account_id = ? AND version = ?";

    private const string SelectRow = "SELECT id FROM template WHERE uid = ? AND account_id = ?";

    private const string DeleteOldVersions = "DELETE FROM template_version WHERE template_id = ? AND version <= ?";

    private const string DeleteVersions = "DELETE FROM template_version WHERE template_id = ?";

    private const string Delete = "DELETE FROM template WHERE id = ?";

    public async ValueTask<Template?> AddAsync(Template template, int maxTemplates, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Add(connection, template, maxTemplates), cancellationToken);

    public ValueTask<Template?> FindAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectCurrent).Bind(Bytes(uid)).Bind(accountId);
                return query.Read() ? Read(query) : null;
            },
            cancellationToken);

    public ValueTask<int?> CurrentVersionAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectNumber).Bind(Bytes(uid)).Bind(accountId);
                return query.Read() ? query.Int32(0) : (int?)null;
            },
            cancellationToken);

    public ValueTask<TemplatePage> ListAsync(long accountId, int skip, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => List(connection, accountId, skip, limit), cancellationToken);

    public async ValueTask<bool> UpdateAsync(Template template, int keptVersions, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Replace(connection, template, keptVersions), cancellationToken);

    public async ValueTask<bool> RemoveAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Remove(connection, accountId, uid), cancellationToken);

    public ValueTask<IReadOnlyList<TemplateVersionSummary>> VersionsAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<TemplateVersionSummary>>(
            connection =>
            {
                var versions = new List<TemplateVersionSummary>();
                using var query = connection.Use(SelectVersions).Bind(Bytes(uid)).Bind(accountId);
                while (query.Read())
                {
                    versions.Add(new TemplateVersionSummary(query.Int32(0), query.Text(1), query.NullableText(2), query.Time(3)));
                }

                return versions;
            },
            cancellationToken);

    public ValueTask<Template?> FindVersionAsync(long accountId, Guid uid, int version, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectOfVersion).Bind(Bytes(uid)).Bind(accountId).Bind(version);
                return query.Read() ? Read(query) : null;
            },
            cancellationToken);

    private Template? Add(SqliteConnection connection, Template template, int maxTemplates)
    {
        using (var count = connection.Use(CountAll).Bind(template.AccountId))
        {
            if (count.Read() && count.Int64(0) >= maxTemplates)
            {
                return null;
            }
        }

        var added = template with { Id = database.Ids.Next() };
        Unique(added.Name, () => connection.Use(Insert)
            .Bind(added.Id)
            .Bind(Bytes(added.Uid))
            .Bind(added.AccountId)
            .Bind(added.Name)
            .Bind(added.Version)
            .Bind(added.CreatedAt)
            .Bind(added.UpdatedAt)
            .Run());
        AddVersion(connection, added);
        return added;
    }

    private bool Replace(SqliteConnection connection, Template template, int keptVersions)
    {
        Unique(template.Name, () => connection.Use(Update)
            .Bind(template.Name)
            .Bind(template.Version)
            .Bind(template.UpdatedAt)
            .Bind(Bytes(template.Uid))
            .Bind(template.AccountId)
            .Bind(template.Version - 1)
            .Run());
        if (connection.Changes == 0)
        {
            return false;
        }

        AddVersion(connection, template);
        connection.Use(DeleteOldVersions).Bind(template.Id).Bind(template.Version - keptVersions).Run();
        return true;
    }

    private static bool Remove(SqliteConnection connection, long accountId, Guid uid)
    {
        long id;
        using (var query = connection.Use(SelectRow).Bind(Bytes(uid)).Bind(accountId))
        {
            if (!query.Read())
            {
                return false;
            }

            id = query.Int64(0);
        }

        connection.Use(DeleteVersions).Bind(id).Run();
        connection.Use(Delete).Bind(id).Run();
        return true;
    }

    private void AddVersion(SqliteConnection connection, Template template) => connection.Use(InsertVersion)
        .Bind(database.Ids.Next())
        .Bind(template.AccountId)
        .Bind(template.Id)
        .Bind(template.Version)
        .Bind(template.Name)
        .Bind(template.Content.Subject)
        .Bind(template.Content.Html)
        .Bind(template.Content.Text)
        .Bind(StoredJson.WriteDefaults(template.Content.Variables))
        .Bind(template.Content.IsStrict)
        .Bind(template.UpdatedAt)
        .Run();

    private static void Unique(string name, Action write)
    {
        try
        {
            write();
        }
        catch (SqliteException exception) when (exception.IsUniqueViolation)
        {
            throw new DuplicateEntryException($"The name '{name}' is taken by another template.");
        }
    }

    private static TemplatePage List(SqliteConnection connection, long accountId, int skip, int limit)
    {
        var templates = new List<TemplateSummary>();
        using (var query = connection.Use(SelectPage).Bind(accountId).Bind(limit).Bind(skip))
        {
            while (query.Read())
            {
                templates.Add(new TemplateSummary(
                    Uid(query.Blob(0)), query.Text(1), query.NullableText(2), query.Int32(3), query.Time(4), query.Time(5)));
            }
        }

        using var count = connection.Use(CountAll).Bind(accountId);
        return new TemplatePage(templates, count.Read() ? count.Int64(0) : 0);
    }

    private static byte[] Bytes(Guid uid) => uid.ToByteArray(bigEndian: true);

    private static Guid Uid(ReadOnlySpan<byte> bytes) => new(bytes, bigEndian: true);

    private static Template Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        Uid = Uid(row.Blob(1)),
        AccountId = row.Int64(2),
        Name = row.Text(3),
        Version = row.Int32(4),
        Content = new TemplateContent
        {
            Subject = row.NullableText(5),
            Html = row.NullableText(6),
            Text = row.NullableText(7),
            Variables = StoredJson.ReadDefaults(row.NullableText(8)),
            IsStrict = row.Bool(9),
        },
        CreatedAt = row.Time(10),
        UpdatedAt = row.Time(11),
    };
}
