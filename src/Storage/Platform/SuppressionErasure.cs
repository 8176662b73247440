using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Relay.Platform.Privacy;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Keeps suppressions under the hash of their address: it goes on being suppressed, and nobody can read who it is.</summary>
internal sealed class SuppressionErasure(RelayDatabase database, SqliteSuppressionStore store) : IErasable
{
    private const string SelectAccounts = "SELECT DISTINCT account_id FROM suppression WHERE address = ? AND (?2 IS NULL OR account_id = ?2)";

    private const string SelectExport =
        "SELECT account_id, address, reason, detail, created_at, scope, evidence FROM suppression WHERE address = ? AND (?2 IS NULL OR account_id = ?2)";

    public string Name => "suppressions";

    public bool FollowsEvents => false;

    public async ValueTask<int> EraseAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        var accounts = await database.Readers.ReadAsync(connection => Accounts(connection, erasure), cancellationToken);
        var erased = 0;
        foreach (var account in accounts)
        {
            erased += await store.RenameAsync(account, erasure.Key, erasure.SuppressionName, erasure.Replace, cancellationToken);
        }

        return erased;
    }

    public async IAsyncEnumerable<JsonObject> ExportAsync(Erasure erasure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        foreach (var entry in await database.Readers.ReadAsync(connection => Export(connection, erasure), cancellationToken))
        {
            yield return entry;
        }
    }

    private static List<long> Accounts(SqliteConnection connection, Erasure erasure)
    {
        var accounts = new List<long>();
        using var query = connection.Use(SelectAccounts).Bind(erasure.Key).Bind(erasure.AccountId);
        while (query.Read())
        {
            accounts.Add(query.Int64(0));
        }

        return accounts;
    }

    private static List<JsonObject> Export(SqliteConnection connection, Erasure erasure)
    {
        var entries = new List<JsonObject>();
        foreach (var address in new[] { erasure.Key, erasure.SuppressionName })
        {
            using var row = connection.Use(SelectExport).Bind(address).Bind(erasure.AccountId);
            while (row.Read())
            {
                entries.Add(new JsonObject
                {
                    ["kind"] = "suppression",
                    ["accountId"] = row.Int64(0),
                    ["address"] = row.Text(1),
                    ["reason"] = ((SuppressionReason)row.Int32(2)).ToString(),
                    ["detail"] = row.NullableText(3),
                    ["createdAt"] = ErasureJson.Time(row.Time(4)),
                    ["scope"] = row.Text(5),
                    ["evidence"] = row.NullableText(6),
                });
            }
        }

        return entries;
    }
}
