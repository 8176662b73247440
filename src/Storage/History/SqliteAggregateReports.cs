using System.Text.Json;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Storage;

internal sealed class SqliteAggregateReports(HistoryDatabase database) : IAggregateReportStore
{
    private const string Columns = "id, kind, domain, reporter, report_id, begins, ends, received_at, total, passed";

    private const string Insert = """
        INSERT INTO aggregate_report (kind, domain, reporter, report_id, begins, ends, received_at, total, passed, rows)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
        """;

    private const string SelectPage = $"""
        SELECT {Columns} FROM aggregate_report
        WHERE (?1 IS NULL OR domain = ?1) AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4
        """;

    private const string SelectOfDomain = $"""
        SELECT {Columns} FROM aggregate_report INDEXED BY aggregate_report_domain
        WHERE domain = ?1 AND (?2 IS NULL OR kind = ?2) AND (?3 IS NULL OR id < ?3) ORDER BY id DESC LIMIT ?4
        """;

    private const string SelectOne = $"SELECT {Columns}, rows FROM aggregate_report WHERE id = ?";

    private const string Delete = "DELETE FROM aggregate_report WHERE id IN (SELECT id FROM aggregate_report WHERE received_at < ? LIMIT ?)";

    public async ValueTask<bool> AddAsync(AggregateReport report, DateTimeOffset receivedAt, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                connection.Use(Insert)
                    .Bind((long)report.Kind)
                    .Bind(report.Domain)
                    .Bind(report.Reporter)
                    .Bind(report.ReportId)
                    .Bind(report.Begins)
                    .Bind(report.Ends)
                    .Bind(receivedAt)
                    .Bind(report.Total)
                    .Bind(report.Passed)
                    .Bind(JsonSerializer.Serialize(report.Rows))
                    .Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<StoredAggregate>> ListAsync(string? domain, ReportKind? kind, long? before, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<StoredAggregate>>(
            connection =>
            {
                var page = new List<StoredAggregate>();
                using var query = connection.Use(domain is null ? SelectPage : SelectOfDomain)
                    .Bind(domain).Bind(kind is { } only ? (long)only : null).Bind(before).Bind(limit);
                while (query.Read())
                {
                    page.Add(Read(query, []));
                }

                return page;
            },
            cancellationToken);

    public ValueTask<StoredAggregate?> FindAsync(long id, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectOne).Bind(id);
                return query.Read() ? Read(query, JsonSerializer.Deserialize<List<AggregateRow>>(query.Text(10)) ?? []) : null;
            },
            cancellationToken);

    public async ValueTask<int> PruneAsync(DateTimeOffset before, int limit, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Bulk,
            0,
            connection =>
            {
                connection.Use(Delete).Bind(before).Bind(limit).Run();
                return connection.Changes;
            },
            cancellationToken);

    private static StoredAggregate Read(SqliteStatement row, IReadOnlyList<AggregateRow> rows) => new(
        row.Int64(0),
        row.Time(7),
        new AggregateReport
        {
            Kind = (ReportKind)row.Int32(1),
            Domain = row.Text(2),
            Reporter = row.Text(3),
            ReportId = row.Text(4),
            Begins = row.Time(5),
            Ends = row.Time(6),
            Total = row.Int64(8),
            Passed = row.Int64(9),
            Rows = rows,
        });
}
