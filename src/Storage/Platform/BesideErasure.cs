using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Relay.Platform.Privacy;

namespace Relay.Storage;

/// <summary>What stands beside messages in relay.db: events on their way, the audit trail, idempotency keys.</summary>
internal sealed class BesideErasure(RelayDatabase database, TimeProvider time) : IErasable
{
    private const string SelectEvent = "SELECT body FROM event_outbox WHERE sequence = ?";
    private const string UpdateEvent = "UPDATE event_outbox SET body = ? WHERE sequence = ?";
    private const string SelectAudit = "SELECT target, account_id, at, actor, action FROM audit WHERE id = ?";
    private const string UpdateAudit = "UPDATE audit SET target = ? WHERE id = ?";

    private const string SelectKeys = "SELECT account_id, key FROM idempotency WHERE (account_id, key) > (?, ?) ORDER BY account_id, key LIMIT 5000";
    private const string DeleteKey = "DELETE FROM idempotency WHERE account_id = ? AND key = ?";

    private static readonly ErasureScan Events = new("event_outbox", "", "sequence", "t.sequence", "t.body");
    private static readonly ErasureScan Audit = new("audit", "", "id", "t.id", "t.target");

    public string Name => "records";

    public bool FollowsEvents => false;

    public async ValueTask<int> EraseAsync(Erasure erasure, CancellationToken cancellationToken) =>
        await EraseEventsAsync(erasure, cancellationToken)
        + await EraseAsync(Audit, erasure, EraseAudit, cancellationToken)
        + await EraseKeysAsync(erasure, cancellationToken);

    public async IAsyncEnumerable<JsonObject> ExportAsync(Erasure erasure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in ErasureJson.ExportAsync(database.Readers, Audit, erasure, ExportAudit, cancellationToken))
        {
            yield return entry;
        }
    }

    private async ValueTask<int> EraseEventsAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        var erased = await EraseAsync(Events, erasure, EraseEvent, cancellationToken);
        database.RecentEvents.Forget();
        return erased;
    }

    private ValueTask<int> EraseAsync(
        ErasureScan scan, Erasure erasure, Func<SqliteConnection, long, Erasure, bool> erase, CancellationToken cancellationToken) =>
        ErasurePieces.EraseAsync(database.Readers, database.Writer, time, scan, erasure, erase, cancellationToken);

    private static bool EraseEvent(SqliteConnection connection, long sequence, Erasure erasure)
    {
        byte[] body;
        using (var row = connection.Use(SelectEvent).Bind(sequence))
        {
            if (!row.Read())
            {
                return false;
            }

            body = ErasureJson.Event(row.Blob(0), erasure);
        }

        connection.Use(UpdateEvent).Bind(body.AsSpan()).Bind(sequence).Run();
        return true;
    }

    private static bool EraseAudit(SqliteConnection connection, long id, Erasure erasure)
    {
        string? target;
        using (var row = connection.Use(SelectAudit).Bind(id))
        {
            target = row.Read() ? row.NullableText(0) : null;
        }

        connection.Use(UpdateAudit).Bind(erasure.Replace(target)).Bind(id).Run();
        return connection.Changes > 0;
    }

    private static JsonObject? ExportAudit(SqliteConnection connection, long id)
    {
        using var row = connection.Use(SelectAudit).Bind(id);
        return !row.Read()
            ? null
            : new JsonObject
            {
                ["kind"] = "audit",
                ["accountId"] = row.Int64(1),
                ["at"] = ErasureJson.Time(row.Time(2)),
                ["actor"] = row.Text(3),
                ["action"] = row.Text(4),
                ["target"] = row.NullableText(0),
            };
    }

    // Clients choose these keys, some of them by the address; they live for a day only.
    private async ValueTask<int> EraseKeysAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        var erased = 0;
        (long Account, string Key) after = (0, string.Empty);
        List<(long Account, string Key)> page;
        do
        {
            var (account, key) = after;
            page = await database.Readers.ReadAsync(connection => ReadKeys(connection, account, key), cancellationToken);
            after = page is [.., var last] ? last : after;
            foreach (var found in page)
            {
                if ((erasure.AccountId ?? found.Account) == found.Account && erasure.IsWithin(found.Key))
                {
                    await database.Writer.RunAsync(
                        WriterLane.Bulk, 0, connection => Delete(connection, found.Account, found.Key), cancellationToken);
                    erased++;
                }
            }
        }
        while (page.Count > 0);
        return erased;
    }

    private static List<(long Account, string Key)> ReadKeys(SqliteConnection connection, long account, string key)
    {
        var page = new List<(long, string)>();
        using var query = connection.Use(SelectKeys).Bind(account).Bind(key);
        while (query.Read())
        {
            page.Add((query.Int64(0), query.Text(1)));
        }

        return page;
    }

    private static bool Delete(SqliteConnection connection, long account, string key)
    {
        connection.Use(DeleteKey).Bind(account).Bind(key).Run();
        return true;
    }
}
