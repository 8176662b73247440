using Relay.Delivery;

namespace Relay.Storage;

/// <summary>Sessions by domain and day in history.db.</summary>
internal sealed class SqliteTlsReportStore(HistoryDatabase database) : ITlsReportStore
{
    private const string Upsert = """
        INSERT INTO tls_session (day, domain, policy, result, mail_host, receiving_address, sending_address, sessions, detail)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (day, domain, policy, result, mail_host, receiving_address, sending_address) DO UPDATE SET
          sessions = sessions + excluded.sessions, detail = coalesce(excluded.detail, detail)
        """;

    private const string Exists = """
        SELECT 1 FROM tls_session
        WHERE day = ? AND domain = ? AND policy = ? AND result = ? AND mail_host = ? AND receiving_address = ? AND sending_address = ?
        """;

    private const string CountOfDomain = "SELECT count(*) FROM tls_session WHERE day = ? AND domain = ?";

    private const string CountOfDay = "SELECT count(*) FROM tls_session WHERE day = ?";

    private const string DeleteBefore = "DELETE FROM tls_session WHERE day < ?";

    private const string SelectDomains = "SELECT DISTINCT domain FROM tls_session WHERE day = ? AND domain > ? ORDER BY domain LIMIT ?";

    private const string SelectDay = """
        SELECT policy, result, mail_host, receiving_address, sending_address, sessions, detail FROM tls_session WHERE day = ? AND domain = ?
        """;

    public async ValueTask AddAsync(IReadOnlyList<TlsSessionCount> counts, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, connection => Add(connection, counts), cancellationToken);

    public ValueTask<IReadOnlyList<string>> DomainsAsync(DateOnly day, string? after, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<string>>(
            connection =>
            {
                var domains = new List<string>();
                using var query = connection.Use(SelectDomains).Bind(Number(day)).Bind(after ?? string.Empty).Bind(limit);
                while (query.Read())
                {
                    domains.Add(query.Text(0));
                }

                return domains;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<TlsSessionCount>> ReadAsync(DateOnly day, string domain, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<TlsSessionCount>>(connection => Read(connection, day, domain), cancellationToken);

    private static long Number(DateOnly day) => day.DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber;

    private static bool Add(SqliteConnection connection, IReadOnlyList<TlsSessionCount> counts)
    {
        foreach (var day in counts.GroupBy(count => Number(count.Day)))
        {
            var room = ITlsReportStore.MaxRows - Count(connection, CountOfDay, day.Key, null);
            foreach (var count in day)
            {
                room -= AddOne(connection, day.Key, count, room > 0);
            }
        }

        connection.Use(DeleteBefore).Bind(counts.Max(count => Number(count.Day)) - ITlsReportStore.Days + 1).Run();
        return true;
    }

    /// <summary>How many rows it took.</summary>
    private static int AddOne(SqliteConnection connection, long day, TlsSessionCount count, bool hasRoom)
    {
        if (Find(connection, day, count))
        {
            Write(connection, day, count);
            return 0;
        }

        if (count.Result != TlsSessionResult.Success && Count(connection, CountOfDomain, day, count.Domain) >= ITlsReportStore.MaxDetails)
        {
            count = count with { MailHost = string.Empty, ReceivingAddress = string.Empty, SendingAddress = string.Empty };
            hasRoom |= Find(connection, day, count);
        }

        if (hasRoom)
        {
            Write(connection, day, count);
        }

        return hasRoom ? 1 : 0;
    }

    private static bool Find(SqliteConnection connection, long day, TlsSessionCount count)
    {
        using var query = Key(connection.Use(Exists), day, count);
        return query.Read();
    }

    private static long Count(SqliteConnection connection, string sql, long day, string? domain)
    {
        using var query = domain is null ? connection.Use(sql).Bind(day) : connection.Use(sql).Bind(day).Bind(domain);
        return query.Read() ? query.Int64(0) : 0;
    }

    private static void Write(SqliteConnection connection, long day, TlsSessionCount count) =>
        Key(connection.Use(Upsert), day, count).Bind(count.Sessions).Bind(count.Detail).Run();

    private static SqliteStatement Key(SqliteStatement statement, long day, TlsSessionCount count) => statement
        .Bind(day)
        .Bind(count.Domain)
        .Bind((long)count.Policy)
        .Bind((long)count.Result)
        .Bind(count.MailHost)
        .Bind(count.ReceivingAddress)
        .Bind(count.SendingAddress);

    private static List<TlsSessionCount> Read(SqliteConnection connection, DateOnly day, string domain)
    {
        var counts = new List<TlsSessionCount>();
        using var query = connection.Use(SelectDay).Bind(Number(day)).Bind(domain);
        while (query.Read())
        {
            counts.Add(new TlsSessionCount
            {
                Day = day,
                Domain = domain,
                Policy = (TlsPolicyKind)query.Int32(0),
                Result = (TlsSessionResult)query.Int32(1),
                MailHost = query.Text(2),
                ReceivingAddress = query.Text(3),
                SendingAddress = query.Text(4),
                Sessions = query.Int32(5),
                Detail = query.NullableText(6),
            });
        }

        return counts;
    }
}
