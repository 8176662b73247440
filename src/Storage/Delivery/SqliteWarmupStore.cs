using Relay.Delivery;

namespace Relay.Storage;

/// <summary>Progress of warm-up plans in history.db.</summary>
internal sealed class SqliteWarmupStore(HistoryDatabase database) : IWarmupStore
{
    private const string CursorName = "warmup";

    private const string SelectCursor = "SELECT sequence FROM cursor WHERE name = ?";

    private const string UpsertCursor = """
        INSERT INTO cursor (name, sequence) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence
        """;

    private const string Select = """
        SELECT plan, site, day, date, sent, delivered, deferred, bounced, complaints, paused_until, pause_reason FROM warmup ORDER BY plan, site
        """;

    private const string Upsert = """
        INSERT INTO warmup (plan, site, day, date, sent, delivered, deferred, bounced, complaints, paused_until, pause_reason)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (plan, site) DO UPDATE SET day = excluded.day, date = excluded.date, sent = excluded.sent, delivered = excluded.delivered,
          deferred = excluded.deferred, bounced = excluded.bounced, complaints = excluded.complaints,
          paused_until = excluded.paused_until, pause_reason = excluded.pause_reason
        """;

    public ValueTask<long> CursorAsync(CancellationToken cancellationToken) => database.Readers.ReadAsync(
        connection =>
        {
            using var query = connection.Use(SelectCursor).Bind(CursorName);
            return query.Read() ? query.Int64(0) : 0;
        },
        cancellationToken);

    public ValueTask<IReadOnlyList<WarmupProgress>> LoadAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<WarmupProgress>>(
            connection =>
            {
                var all = new List<WarmupProgress>();
                using var query = connection.Use(Select);
                while (query.Read())
                {
                    all.Add(Read(query));
                }

                return all;
            },
            cancellationToken);

    public async ValueTask SaveAsync(IReadOnlyList<WarmupProgress> progress, long? cursor, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Mail,
            0,
            connection =>
            {
                foreach (var entry in progress)
                {
                    Save(connection, entry);
                }

                if (cursor is { } sequence)
                {
                    connection.Use(UpsertCursor).Bind(CursorName).Bind(sequence).Run();
                }

                return true;
            },
            cancellationToken);

    private static void Save(SqliteConnection connection, WarmupProgress entry) => connection.Use(Upsert)
        .Bind(entry.Plan)
        .Bind(entry.Site)
        .Bind((long)entry.Day)
        .Bind((long)entry.Date.DayNumber)
        .Bind((long)entry.Sent)
        .Bind((long)entry.Delivered)
        .Bind((long)entry.Deferred)
        .Bind((long)entry.Bounced)
        .Bind((long)entry.Complaints)
        .Bind(entry.PausedUntil)
        .Bind(entry.PauseReason)
        .Run();

    private static WarmupProgress Read(SqliteStatement row) => new()
    {
        Plan = row.Text(0),
        Site = row.Text(1),
        Day = row.Int32(2),
        Date = DateOnly.FromDayNumber(row.Int32(3)),
        Sent = row.Int32(4),
        Delivered = row.Int32(5),
        Deferred = row.Int32(6),
        Bounced = row.Int32(7),
        Complaints = row.Int32(8),
        PausedUntil = row.NullableInt64(9) is { } until ? DateTimeOffset.FromUnixTimeMilliseconds(until) : null,
        PauseReason = row.NullableText(10),
    };
}
