using Relay.Platform.Contacts;

namespace Relay.Storage;

internal sealed class SqliteContactImportStore(RelayDatabase database, TimeProvider time) : IContactImportStore
{
    private const int MaxRows = 1_000;

    private const string Columns = "job_id, account_id, list_id, position, report_bytes, rows, created, updated, failed, updated_at";

    private const string Select = $"SELECT {Columns} FROM contact_import WHERE job_id = ? AND account_id = ?";

    private const string Upsert = $"""
        INSERT INTO contact_import ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (job_id) DO UPDATE SET position = excluded.position, report_bytes = excluded.report_bytes, rows = excluded.rows,
          created = excluded.created, updated = excluded.updated, failed = excluded.failed, updated_at = excluded.updated_at
        """;

    private readonly ContactWork _work = new(database.Ids);

    public ValueTask<ImportProgress?> FindAsync(long accountId, Guid jobId, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(Select).Bind(ContactRow.Bytes(jobId)).Bind(accountId);
                return query.Read() ? Read(query) : null;
            },
            cancellationToken);

    public async ValueTask<ImportProgress?> WriteAsync(
        ImportProgress progress, IReadOnlyList<ImportRow> rows, ContactChange change, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Bulk, 0, connection => Write(connection, progress, rows, change), cancellationToken);

    private ImportProgress? Write(SqliteConnection connection, ImportProgress progress, IReadOnlyList<ImportRow> rows, ContactChange change)
    {
        if (SqliteContactStore.FindBook(connection, progress.BookId) is not { } book || book.AccountId != progress.AccountId)
        {
            return null;
        }

        var start = time.GetTimestamp();
        var made = 0L;
        var end = Math.Min(rows.Count, MaxRows);
        for (var i = 0; i < end && (i == 0 || time.GetElapsedTime(start) < ErasurePieces.MaxDuration); i++)
        {
            var row = rows[i];
            var write = row.Draft is { } draft ? _work.Write(connection, progress.AccountId, progress.BookId, draft, change) : default;
            var isNew = write is { Before: null, After: not null };
            made += isNew ? 1 : 0;
            progress = progress with
            {
                Position = row.End,
                ReportBytes = row.ReportEnd,
                Rows = progress.Rows + 1,
                Created = progress.Created + (isNew ? 1 : 0),
                Updated = progress.Updated + (write is { Before: not null, After: not null } ? 1 : 0),
                Failed = progress.Failed + (row is { Draft: null, IsBlank: false } ? 1 : 0),
            };
        }

        progress = progress with { UpdatedAt = time.GetUtcNow() };
        ContactWork.Count(connection, progress.BookId, made);
        Save(connection, progress);
        return progress;
    }

    private static void Save(SqliteConnection connection, ImportProgress progress) => connection.Use(Upsert)
        .Bind(ContactRow.Bytes(progress.JobId))
        .Bind(progress.AccountId)
        .Bind(progress.BookId)
        .Bind(progress.Position)
        .Bind(progress.ReportBytes)
        .Bind(progress.Rows)
        .Bind(progress.Created)
        .Bind(progress.Updated)
        .Bind(progress.Failed)
        .Bind(progress.UpdatedAt)
        .Run();

    private static ImportProgress Read(SqliteStatement row) => new(
        ContactRow.Uid(row.Blob(0)), row.Int64(1), row.Int64(2), row.Int64(3), row.Int64(4), row.Int64(5), row.Int64(6), row.Int64(7), row.Int64(8), row.Time(9));
}
