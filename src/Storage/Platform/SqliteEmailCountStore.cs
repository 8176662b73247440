using Relay.Platform.Quotas;

namespace Relay.Storage;

internal sealed class SqliteEmailCountStore(RelayDatabase database) : IEmailCountStore
{
    private const string Select = """
        SELECT account_id, hour, hour_count, day, day_count, hour_recipients, day_recipients FROM email_count WHERE scope = ? AND subject_id = ?
        """;

    private const string Upsert = """
        INSERT INTO email_count (scope, subject_id, account_id, hour, hour_count, day, day_count, hour_recipients, day_recipients)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (scope, subject_id) DO UPDATE SET
          hour = excluded.hour, hour_count = excluded.hour_count, day = excluded.day, day_count = excluded.day_count,
          hour_recipients = excluded.hour_recipients, day_recipients = excluded.day_recipients
        """;

    public ValueTask<EmailCount?> FindAsync(QuotaSubject subject, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(Select).Bind((long)subject.Scope).Bind(subject.Id);
                return query.Read() ? new EmailCount(subject, query.Int64(0), query.Int64(1), query.Int64(2), query.Int64(3), query.Int64(4))
                {
                    HourRecipients = query.Int64(5),
                    DayRecipients = query.Int64(6),
                } : null;
            },
            cancellationToken);

    public async ValueTask WriteAsync(IReadOnlyList<EmailCount> counts, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                foreach (var count in counts)
                {
                    connection.Use(Upsert)
                        .Bind((long)count.Subject.Scope)
                        .Bind(count.Subject.Id)
                        .Bind(count.AccountId)
                        .Bind(count.Hour)
                        .Bind(count.HourCount)
                        .Bind(count.Day)
                        .Bind(count.DayCount)
                        .Bind(count.HourRecipients)
                        .Bind(count.DayRecipients)
                        .Run();
                }

                return true;
            },
            cancellationToken);
}
