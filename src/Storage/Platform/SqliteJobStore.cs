using Relay.Platform.Jobs;

namespace Relay.Storage;

internal sealed class SqliteJobStore(HistoryDatabase database) : IJobStore
{
    private const int PieceRows = 100;

    private const string Columns = """
        id, account_id, kind, status, request, actor, attempts, progress, processed, error, created_at, started_at, finished_at, expires_at,
        file_name, content_type, file_bytes
        """;

    private const string CountOfAccount = "SELECT count(*) FROM job WHERE account_id = ?";

    private const string Insert = $"INSERT INTO job ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private const string SelectOne = $"SELECT {Columns} FROM job WHERE id = ? AND account_id = ?";

    private const string SelectPage = $"SELECT {Columns} FROM job INDEXED BY job_account WHERE account_id = ? AND id < ? ORDER BY id DESC LIMIT ?";

    private const string SelectPending = $"SELECT {Columns} FROM job INDEXED BY job_status WHERE status = 0 ORDER BY id LIMIT 1";

    private const string Start = "UPDATE job SET status = 1, attempts = attempts + 1, started_at = ?, progress = 0, processed = 0 WHERE id = ?";

    private const string Requeue = "UPDATE job SET status = 0 WHERE status = 1";

    private const string DeleteRunning = "DELETE FROM job WHERE status = 1 AND kind = ?";

    private const string Report = "UPDATE job SET progress = ?, processed = ? WHERE id = ? AND status = 1";

    private const string Note = "UPDATE job SET request = ? WHERE id = ? AND status = 1";

    private const string Finish = """
        UPDATE job SET status = ?, progress = ?, processed = ?, error = ?, finished_at = ?, expires_at = ?, file_name = ?, content_type = ?, file_bytes = ?
        WHERE id = ?
        """;

    private const string Delete = "DELETE FROM job WHERE id = ? AND account_id = ?";

    private const string DeleteExpired = "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE expires_at <= ? LIMIT ?) RETURNING id";

    private static readonly byte[] AfterAll = [.. Enumerable.Repeat((byte)0xFF, 17)];

    public async ValueTask<bool> AddAsync(Job job, int maxPerAccount, CancellationToken cancellationToken) =>
        await WriteAsync(
            connection =>
            {
                using (var count = connection.Use(CountOfAccount).Bind(job.AccountId))
                {
                    if (count.Read() && count.Int64(0) >= maxPerAccount)
                    {
                        return false;
                    }
                }

                Add(connection, job);
                return true;
            },
            cancellationToken);

    public ValueTask<Job?> FindAsync(long accountId, Guid id, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectOne).Bind(Key(id)).Bind(accountId);
                return query.Read() ? Read(query) : null;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListAsync(long accountId, Guid? before, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<Job>>(
            connection =>
            {
                var jobs = new List<Job>();
                using var query = connection.Use(SelectPage).Bind(accountId).Bind(before is { } id ? Key(id) : AfterAll).Bind(limit);
                while (query.Read())
                {
                    jobs.Add(Read(query));
                }

                return jobs;
            },
            cancellationToken);

    public async ValueTask<Job?> TakeNextAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await WriteAsync(
            connection =>
            {
                Job job;
                using (var query = connection.Use(SelectPending))
                {
                    if (!query.Read())
                    {
                        return null;
                    }

                    job = Read(query);
                }

                connection.Use(Start).Bind(now).Bind(Key(job.Id)).Run();
                return job with { Status = JobStatus.Running, Attempts = job.Attempts + 1, StartedAt = now, Progress = 0, Processed = 0 };
            },
            cancellationToken);

    public async ValueTask RequeueAsync(CancellationToken cancellationToken) =>
        await ChangeAsync(connection => connection.Use(Requeue), cancellationToken);

    public async ValueTask<int> ForgetRunningAsync(string kind, CancellationToken cancellationToken) => await WriteAsync(
        connection =>
        {
            connection.Use(DeleteRunning).Bind(kind).Run();
            return (int)connection.Changes;
        },
        cancellationToken);

    public async ValueTask ReportAsync(Guid id, int progress, long processed, CancellationToken cancellationToken) =>
        await ChangeAsync(connection => connection.Use(Report).Bind(progress).Bind(processed).Bind(Key(id)), cancellationToken);

    public async ValueTask NoteAsync(Guid id, string request, CancellationToken cancellationToken) =>
        await ChangeAsync(connection => connection.Use(Note).Bind(request).Bind(Key(id)), cancellationToken);

    public async ValueTask<bool> FinishAsync(Job job, CancellationToken cancellationToken) =>
        await ChangeAsync(
            connection => connection.Use(Finish)
                .Bind((long)job.Status)
                .Bind(job.Progress)
                .Bind(job.Processed)
                .Bind(job.Error)
                .Bind(job.FinishedAt)
                .Bind(job.ExpiresAt)
                .Bind(job.FileName)
                .Bind(job.ContentType)
                .Bind(job.FileBytes)
                .Bind(Key(job.Id)),
            cancellationToken);

    public async ValueTask<bool> RemoveAsync(long accountId, Guid id, CancellationToken cancellationToken) =>
        await ChangeAsync(connection => connection.Use(Delete).Bind(Key(id)).Bind(accountId), cancellationToken);

    public async ValueTask<IReadOnlyList<Guid>> RemoveExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        await WriteAsync(
            connection =>
            {
                var removed = new List<Guid>();
                using var query = connection.Use(DeleteExpired).Bind(now).Bind(PieceRows);
                while (query.Read())
                {
                    removed.Add(new Guid(query.Blob(0), bigEndian: true));
                }

                return removed;
            },
            cancellationToken);

    private static void Add(SqliteConnection connection, Job job) =>
        connection.Use(Insert)
            .Bind(Key(job.Id))
            .Bind(job.AccountId)
            .Bind(job.Kind)
            .Bind((long)job.Status)
            .Bind(job.Request)
            .Bind(job.Actor)
            .Bind(job.Attempts)
            .Bind(job.Progress)
            .Bind(job.Processed)
            .Bind(job.Error)
            .Bind(job.CreatedAt)
            .Bind(job.StartedAt)
            .Bind(job.FinishedAt)
            .Bind(job.ExpiresAt)
            .Bind(job.FileName)
            .Bind(job.ContentType)
            .Bind(job.FileBytes)
            .Run();

    private static Job Read(SqliteStatement row) => new()
    {
        Id = new Guid(row.Blob(0), bigEndian: true),
        AccountId = row.Int64(1),
        Kind = row.Text(2),
        Status = (JobStatus)row.Int32(3),
        Request = row.Text(4),
        Actor = row.Text(5),
        Attempts = row.Int32(6),
        Progress = row.Int32(7),
        Processed = row.Int64(8),
        Error = row.NullableText(9),
        CreatedAt = row.Time(10),
        StartedAt = row.NullableTime(11),
        FinishedAt = row.NullableTime(12),
        ExpiresAt = row.NullableTime(13),
        FileName = row.NullableText(14),
        ContentType = row.NullableText(15),
        FileBytes = row.NullableInt64(16),
    };

    private static byte[] Key(Guid id) => id.ToByteArray(bigEndian: true);

    private ValueTask<bool> ChangeAsync(Func<SqliteConnection, SqliteStatement> change, CancellationToken cancellationToken) =>
        WriteAsync(
            connection =>
            {
                change(connection).Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    private async ValueTask<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, work, cancellationToken);
}
