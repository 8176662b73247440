using Relay.Senders;

namespace Relay.Storage;

internal sealed class SqliteAccountStore(RelayDatabase database) : IAccountStore
{
    private const string Columns = """
        id, name, created_at, suspended_at, requests_per_second, emails_per_hour, emails_per_day, time_zone,
        emails_per_second, recipients_per_second, recipients_per_hour, recipients_per_day
        """;

    private const string Insert = $"INSERT INTO account ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private const string SelectOne = $"SELECT {Columns} FROM account WHERE id = ?";

    private const string SelectByName = $"SELECT {Columns} FROM account WHERE name = ?";

    private const string SelectAll = $"SELECT {Columns} FROM account ORDER BY id";

    private const string SelectPage = $"SELECT {Columns} FROM account WHERE id > ? ORDER BY id LIMIT ?";

    private const string SelectSuspended = $"SELECT {Columns} FROM account WHERE suspended_at IS NOT NULL ORDER BY id LIMIT ?";

    private const string Update = """
        UPDATE account SET name = ?, suspended_at = ?, requests_per_second = ?, emails_per_hour = ?, emails_per_day = ?, time_zone = ?,
          emails_per_second = ?, recipients_per_second = ?, recipients_per_hour = ?, recipients_per_day = ? WHERE id = ?
        """;

    public async ValueTask<Account> AddAsync(Account account, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                var added = account with { Id = database.Ids.Next() };
                using var insert = connection.Use(Insert);
                Unique(
                    insert.Bind(added.Id)
                        .Bind(added.Name)
                        .Bind(added.CreatedAt)
                        .Bind(added.SuspendedAt)
                        .Bind(added.Limits.RequestsPerSecond)
                        .Bind(added.Limits.EmailsPerHour)
                        .Bind(added.Limits.EmailsPerDay)
                        .Bind(added.TimeZone)
                        .Bind(added.Limits.EmailsPerSecond)
                        .Bind(added.Limits.RecipientsPerSecond)
                        .Bind(added.Limits.RecipientsPerHour)
                        .Bind(added.Limits.RecipientsPerDay),
                    added.Name);
                return added;
            },
            cancellationToken);

    public ValueTask<Account?> FindAsync(long id, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectOne).Bind(id), cancellationToken);

    public ValueTask<Account?> FindByNameAsync(string name, CancellationToken cancellationToken) =>
        FindAsync(connection => connection.Use(SelectByName).Bind(name), cancellationToken);

    public ValueTask<IReadOnlyList<Account>> ListAsync(CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectAll), cancellationToken);

    public ValueTask<IReadOnlyList<Account>> PageAsync(long after, int limit, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectPage).Bind(after).Bind(limit), cancellationToken);

    public ValueTask<IReadOnlyList<Account>> SuspendedAsync(int limit, CancellationToken cancellationToken) =>
        ListAsync(connection => connection.Use(SelectSuspended).Bind(limit), cancellationToken);

    public async ValueTask<bool> UpdateAsync(Account account, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                using var update = connection.Use(Update);
                Unique(
                    update.Bind(account.Name)
                        .Bind(account.SuspendedAt)
                        .Bind(account.Limits.RequestsPerSecond)
                        .Bind(account.Limits.EmailsPerHour)
                        .Bind(account.Limits.EmailsPerDay)
                        .Bind(account.TimeZone)
                        .Bind(account.Limits.EmailsPerSecond)
                        .Bind(account.Limits.RecipientsPerSecond)
                        .Bind(account.Limits.RecipientsPerHour)
                        .Bind(account.Limits.RecipientsPerDay)
                        .Bind(account.Id),
                    account.Name);
                return connection.Changes > 0;
            },
            cancellationToken);

    private ValueTask<Account?> FindAsync(Func<SqliteConnection, SqliteStatement> select, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = select(connection);
                return query.Read() ? Read(query) : null;
            },
            cancellationToken);

    private ValueTask<IReadOnlyList<Account>> ListAsync(Func<SqliteConnection, SqliteStatement> select, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<Account>>(
            connection =>
            {
                var accounts = new List<Account>();
                using var query = select(connection);
                while (query.Read())
                {
                    accounts.Add(Read(query));
                }

                return accounts;
            },
            cancellationToken);

    private static void Unique(SqliteStatement statement, string name)
    {
        try
        {
            statement.Run();
        }
        catch (SqliteException exception) when (exception.IsUniqueViolation)
        {
            throw new DuplicateEntryException($"There is an account '{name}' already.");
        }
    }

    private static Account Read(SqliteStatement row) => new(row.Int64(0), row.Text(1))
    {
        CreatedAt = row.Time(2),
        SuspendedAt = row.NullableTime(3),
        Limits = new SendLimits
        {
            RequestsPerSecond = (int?)row.NullableInt64(4),
            EmailsPerHour = (int?)row.NullableInt64(5),
            EmailsPerDay = (int?)row.NullableInt64(6),
            EmailsPerSecond = (int?)row.NullableInt64(8),
            RecipientsPerSecond = (int?)row.NullableInt64(9),
            RecipientsPerHour = (int?)row.NullableInt64(10),
            RecipientsPerDay = (int?)row.NullableInt64(11),
        },
        TimeZone = row.NullableText(7),
    };
}
