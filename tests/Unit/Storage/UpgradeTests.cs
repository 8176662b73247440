using System.Globalization;
using Relay.Queue;
using Relay.Senders;
using Relay.Storage;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>A database of every earlier version, with rows in all of its tables, is brought up to the present one and read.</summary>
public sealed class UpgradeTests : IAsyncLifetime
{
    private const string FirstRows = """
        INSERT INTO message (no, id, account_id, open_recipients, content_class, has_content, first_variant, variant_count, first_recipient, recipient_count, door, stream,
          priority, accepted_at, expires_at, reverse_path, body_type, smtp_utf8, require_tls, dsn_return, subject, size_bytes)
        VALUES (10, x'0123456789abcdef0123456789abcdef', 1, 1, 0, 1, 12, 1, 13, 1, 0, 0, 1, 1000, 4000000000000, 'a@example.com', 0, 0, 0, 0, 'kept', 5);
        INSERT INTO content (id, account_id, body) VALUES (11, 1, x'68656c6c6f');
        INSERT INTO variant (id, account_id, message_no, content_id, content_size, content_header, prefix) VALUES (12, 1, 10, 11, 5, 0, x'');
        INSERT INTO recipient (id, account_id, message_no, variant_id, state, priority, next_attempt, attempts, updated_at, queue_key, address, notify, last_reply)
        VALUES (13, 1, 10, 12, 3, 1, 3000000000000, 2, 1000, 'example.net', 'b@example.net', 0, '451 later');
        INSERT INTO queue_key (queue_key, waiting, held, next_due) VALUES ('example.net', 1, 0, 3000000000000);
        INSERT INTO state_count (state, count) VALUES (3, 1);
        INSERT INTO suppression (account_id, address, reason, created_at) VALUES (1, 'gone@example.net', 0, 1000);
        INSERT INTO credential (id, account_id, kind, name, verifier, scopes, allowed_senders, created_at) VALUES (14, 1, 1, 'shop', 'cafe', 'send', '["example.com"]', 1000);
        INSERT INTO dkim_key (id, account_id, domain, selector, algorithm, state, sealed_private_key, public_record, created_at)
        VALUES (15, 1, 'example.com', 'r1', 0, 1, x'00', 'v=DKIM1; p=x', 1000);
        INSERT INTO audit (id, account_id, at, actor, action, affected_count) VALUES (16, 1, 1000, 'cli', 'user.create', 1);
        UPDATE meta SET value = 1000 WHERE name = 'next_id';
        """;

    private readonly TemporaryStores _stores = new(new ManualTimeProvider());

    public static TheoryData<string, int> EarlierSchemas()
    {
        var schemas = new TheoryData<string, int>();
        foreach (var database in (string[])["relay", "history"])
        {
            for (var version = 1; version < Migration.For(database).Count; version++)
            {
                schemas.Add(database, version);
            }
        }

        return schemas;
    }

    public Task InitializeAsync()
    {
        Directory.CreateDirectory(_stores.Folder);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _stores.DeleteAsync();

    [Theory]
    [MemberData(nameof(EarlierSchemas))]
    public async Task What_an_earlier_version_kept_is_there_after_the_upgrade(string database, int version)
    {
        var before = Make(database, version);

        var stores = await _stores.OpenAsync();
        if (database == "relay")
        {
            await ReadAsync(stores);
        }

        await _stores.CloseAsync();
        using var connection = SqliteConnection.OpenReader(Path.Combine(_stores.Folder, database + ".db"));
        var after = Counts(connection);
        Assert.All(before.Where(table => after.ContainsKey(table.Key)), table => Assert.True(after[table.Key] >= table.Value, $"{table.Key} had {table.Value} rows and has {after[table.Key]}"));
        Assert.Equal(Migration.For(database).Count, connection.QueryInt64("PRAGMA user_version"));
        using var check = connection.UseOnce("PRAGMA integrity_check");

        // SQLite 3.40 reads the columns of a table without row ids in a wrong order here when its key passes over one: a fresh row is found so, too.
        Assert.Contains(check.Read() ? check.Text(0) : "no answer", (string[])["ok", "NULL value in first_seen.account_id"]);
    }

    /// <summary>The rows of the first schema, as the stores of today read them.</summary>
    private static async Task ReadAsync(RelayStores stores)
    {
        var entry = Assert.Single((await stores.Queue.ListAsync(new QueueFilter { Search = "b@example.net" }, CancellationToken.None)).Entries);
        Assert.Equal((RecipientState.Deferred, 2, "451 later", "kept"), (entry.Recipient.State, entry.Recipient.Attempts, entry.Recipient.LastReply, entry.Message.Subject));
        var details = await stores.Queue.FindAsync(entry.Message.Id, CancellationToken.None);
        await using (var content = await stores.Spool.OpenAsync(Assert.Single(details!.Variants).Content, CancellationToken.None))
        using (var reader = new StreamReader(content))
        {
            Assert.Equal("hello", await reader.ReadToEndAsync());
        }

        var key = await stores.Credentials.FindByVerifierAsync("cafe", CancellationToken.None);
        Assert.Equal(("shop", "send", "example.com"), (key!.Name, key.Scopes, Assert.Single(key.AllowedSenders)));
        Assert.Equal("v=DKIM1; p=x", Assert.Single(await stores.DkimKeys.ListAsync("example.com", CancellationToken.None)).PublicRecord);
        Assert.NotEmpty(await stores.Suppressions.EntriesOfAsync(1, "gone@example.net", CancellationToken.None));
        Assert.Contains(await stores.Audit.ListAsync(null, 50, CancellationToken.None), act => act.Action == "user.create");

        // Nothing of it is given a second time, and what waits can be steered.
        Assert.True((await stores.Accounts.AddAsync(new Account(0, "new"), CancellationToken.None)).Id >= 1000);
        Assert.Equal(1, (await stores.Queue.ApplyAsync(QueueAction.Hold, new QueueCriteria { QueueKey = "example.net", Actor = "test" }, CancellationToken.None)).Affected);
    }

    private Dictionary<string, long> Make(string database, int version)
    {
        using var connection = SqliteConnection.OpenWriter(Path.Combine(_stores.Folder, database + ".db"), 1 << 20);
        Migrator.Migrate(connection, database + ".db", [.. Migration.For(database).Take(1)]);
        if (database == "relay")
        {
            connection.Execute(FirstRows);
        }

        Migrator.Migrate(connection, database + ".db", [.. Migration.For(database).Take(version)]);
        foreach (var table in Counts(connection).Where(table => table.Value == 0).Select(table => table.Key))
        {
            connection.Execute(InsertOf(connection, table));
        }

        return Counts(connection);
    }

    /// <summary>One row with the least a table asks for.</summary>
    private static string InsertOf(SqliteConnection connection, string table)
    {
        var columns = new List<(string Name, string Value)>();
        using var query = connection.UseOnce($"SELECT name, type, pk, dflt_value FROM pragma_table_info('{table}') WHERE \"notnull\" = 1 OR pk > 0 ORDER BY cid");
        while (query.Read())
        {
            if (query.NullableText(3) is null)
            {
                columns.Add((query.Text(0), query.Text(1) switch { "INTEGER" when query.Text(0) == "credential_id" => "14", "INTEGER" => "1", "BLOB" => "x'000102030405060708090a0b0c0d0e0f'", "REAL" => "1.0", _ => "'x'" }));
            }
        }

        return string.Create(
            CultureInfo.InvariantCulture, $"INSERT INTO \"{table}\" ({string.Join(", ", columns.Select(column => column.Name))}) VALUES ({string.Join(", ", columns.Select(column => column.Value))})");
    }

    private static Dictionary<string, long> Counts(SqliteConnection connection)
    {
        var tables = new List<string>();
        using (var query = connection.UseOnce("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))
        {
            while (query.Read())
            {
                tables.Add(query.Text(0));
            }
        }

        return tables.ToDictionary(table => table, table => connection.QueryInt64($"SELECT count(*) FROM \"{table}\""));
    }
}
