using Relay.Queue;
using Relay.Senders;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class MigrationTests : IAsyncLifetime
{
    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    public Task InitializeAsync()
    {
        Directory.CreateDirectory(_stores.Folder);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _stores.DeleteAsync();

    [Theory]
    [InlineData("relay")]
    [InlineData("history")]
    public async Task Brings_an_empty_folder_to_the_newest_schema(string database)
    {
        await _stores.OpenAsync();
        await _stores.ReopenAsync();
        await _stores.CloseAsync();
        using var connection = SqliteConnection.OpenReader(Path.Combine(_stores.Folder, database + ".db"));
        Assert.Equal(Migration.For(database).Count, connection.QueryInt64("PRAGMA user_version"));
        Assert.Equal("ok", Check(connection));
    }

    [Theory]
    [InlineData("relay.db")]
    [InlineData("history.db")]
    public async Task Refuses_a_schema_of_a_later_version(string file)
    {
        await _stores.OpenAsync();
        await _stores.CloseAsync();
        Execute(file, "PRAGMA user_version = 999");
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => _stores.OpenAsync());
        Assert.Contains("later version", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_database_of_another_program()
    {
        Execute("relay.db", "CREATE TABLE theirs (x)");
        var failure = await Assert.ThrowsAsync<StoreUnavailableException>(() => _stores.OpenAsync());
        Assert.Contains("another program", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Refuses_a_file_that_is_no_database_and_leaves_the_folder_free()
    {
        var path = Path.Combine(_stores.Folder, "relay.db");
        await File.WriteAllTextAsync(path, new string('x', 5000));
        await Assert.ThrowsAsync<StoreUnavailableException>(() => _stores.OpenAsync());
        File.Delete(path);
        await _stores.OpenAsync();
    }

    [Fact]
    public void Undoes_a_migration_that_fails()
    {
        using var connection = SqliteConnection.OpenWriter(Path.Combine(_stores.Folder, "broken.db"), 1 << 20);
        Migration[] migrations = [new(1, "0001-good", "CREATE TABLE a (x)"), new(2, "0002-bad", "CREATE TABLE b (x); CREATE TABLE a (x)")];
        Assert.Throws<SqliteException>(() => Migrator.Migrate(connection, "broken.db", migrations));
        Assert.Equal(1, connection.QueryInt64("PRAGMA user_version"));
        Assert.Equal(0, connection.QueryInt64("SELECT count(*) FROM sqlite_master WHERE name = 'b'"));
    }

    [Fact]
    public async Task Keeps_what_tenants_own_apart_by_account_in_every_table()
    {
        await _stores.OpenAsync();
        var shared = new[] { "meta", "account", "budget", "down_key", "state_count", "suspension" };
        var without = await _stores.Stores.Database.Readers.ReadAsync(
            connection =>
            {
                var tables = new List<string>();
                using var query = connection.UseOnce(
                    "SELECT name FROM sqlite_master s WHERE type = 'table' AND NOT EXISTS "
                    + "(SELECT 1 FROM pragma_table_info(s.name) WHERE name = 'account_id') ORDER BY name");
                while (query.Read())
                {
                    tables.Add(query.Text(0));
                }

                return tables;
            },
            CancellationToken.None);
        Assert.Equal(shared.Order(), without);
    }

    [Fact]
    public async Task Keeps_the_credentials_of_the_first_schema()
    {
        using (var connection = SqliteConnection.OpenWriter(Path.Combine(_stores.Folder, "relay.db"), 1 << 20))
        {
            Migrator.Migrate(connection, "relay.db", [.. Migration.For("relay").Take(1)]);
            connection.Execute(
                """
                INSERT INTO credential (id, account_id, kind, name, verifier, scopes, allowed_senders, created_at, last_used_at)
                VALUES (7, 1, 1, 'shop', 'cafe', 'send', '["example.com"]', 1000, 2000), (8, 1, 0, 'joe', 'SCRAM', 'smtp', NULL, 1000, NULL)
                """);
        }

        var stores = await _stores.OpenAsync();

        var key = await stores.Credentials.FindByVerifierAsync("cafe", CancellationToken.None);
        Assert.Equal((7, "shop", null, "send", 2000), (key!.Id, key.Name, key.Hint, key.Scopes, key.LastUsedAt!.Value.ToUnixTimeMilliseconds()));
        Assert.Equal(["example.com"], key.AllowedSenders);
        Assert.Equal("SCRAM", (await stores.Credentials.FindByNameAsync(CredentialKind.SmtpLogin, "joe", CancellationToken.None))!.Verifier);
        Assert.True((await stores.Accounts.AddAsync(new Account(0, "shop"), CancellationToken.None)).Id > 1);
    }

    private void Execute(string file, string sql)
    {
        using var connection = SqliteConnection.OpenWriter(Path.Combine(_stores.Folder, file), 1 << 20);
        connection.Execute(sql);
    }

    private static string Check(SqliteConnection connection)
    {
        using var query = connection.UseOnce("PRAGMA integrity_check");
        return query.Read() ? query.Text(0) : "no answer";
    }
}
