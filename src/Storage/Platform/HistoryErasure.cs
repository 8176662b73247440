using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Relay.Platform.Privacy;

namespace Relay.Storage;

/// <summary>Events, conversations and first opens in history.db.</summary>
internal sealed class HistoryErasure(HistoryDatabase database, TimeProvider time) : IErasable
{
    private const string SelectEvent = "SELECT body, recipient, account_id FROM event WHERE sequence = ?";
    private const string UpdateEvent = "UPDATE event SET body = ?, recipient = ?, domain = CASE WHEN ?3 THEN ?4 ELSE domain END WHERE sequence = ?5";
    private const string SelectConversation = "SELECT text, account_id, at FROM conversation WHERE sequence = ?";
    private const string UpdateConversation = "UPDATE conversation SET text = ? WHERE sequence = ?";

    private const string SelectBoundary = "SELECT message_id FROM first_seen WHERE message_id > ? ORDER BY message_id LIMIT 1 OFFSET 5000";

    private const string UpdateSeen = """
        UPDATE OR REPLACE first_seen SET recipient = ?1
        WHERE message_id > ?2 AND message_id <= ?3 AND recipient = ?4 AND (?5 IS NULL OR account_id = ?5)
        """;

    private static readonly byte[] AfterAll = [.. Enumerable.Repeat((byte)0xFF, 17)];

    private static readonly ErasureScan Events = new("event", "", "sequence", "t.sequence", "t.recipient", "t.body");
    private static readonly ErasureScan Conversations = new("conversation", "", "sequence", "t.sequence", "t.text");

    public string Name => "events";

    public bool FollowsEvents => true;

    public async ValueTask<int> EraseAsync(Erasure erasure, CancellationToken cancellationToken) =>
        await EraseAsync(Conversations, erasure, EraseConversation, cancellationToken)
        + await EraseAsync(Events, erasure, EraseEvent, cancellationToken)
        + await EraseSeenAsync(erasure, cancellationToken);

    public async IAsyncEnumerable<JsonObject> ExportAsync(Erasure erasure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in ErasureJson.ExportAsync(database.Readers, Events, erasure, ExportEvent, cancellationToken))
        {
            yield return entry;
        }

        await foreach (var entry in ErasureJson.ExportAsync(database.Readers, Conversations, erasure, ExportConversation, cancellationToken))
        {
            yield return entry;
        }
    }

    private ValueTask<int> EraseAsync(
        ErasureScan scan, Erasure erasure, Func<SqliteConnection, long, Erasure, bool> erase, CancellationToken cancellationToken) =>
        ErasurePieces.EraseAsync(database.Readers, database.Writer, time, scan, erasure, erase, cancellationToken);

    private static bool EraseEvent(SqliteConnection connection, long sequence, Erasure erasure)
    {
        byte[] body;
        string? recipient;
        using (var row = connection.Use(SelectEvent).Bind(sequence))
        {
            if (!row.Read())
            {
                return false;
            }

            body = ErasureJson.Event(row.Blob(0), erasure);
            recipient = row.NullableText(1);
        }

        var isMeant = erasure.IsIn(recipient);
        connection.Use(UpdateEvent)
            .Bind(body.AsSpan())
            .Bind(isMeant ? erasure.Pseudonym : recipient)
            .Bind(isMeant)
            .Bind(AddressHasher.Domain)
            .Bind(sequence)
            .Run();
        return true;
    }

    private static bool EraseConversation(SqliteConnection connection, long sequence, Erasure erasure)
    {
        string? text;
        using (var row = connection.Use(SelectConversation).Bind(sequence))
        {
            text = row.Read() ? row.NullableText(0) : null;
        }

        connection.Use(UpdateConversation).Bind(erasure.Replace(text)).Bind(sequence).Run();
        return connection.Changes > 0;
    }

    // The hashes there have no key: who has the address could look it up.
    private async ValueTask<int> EraseSeenAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        var erased = 0;
        byte[] after = [];
        while (after != AfterAll)
        {
            var begin = after;
            after = await database.Readers.ReadAsync(connection => Boundary(connection, begin), cancellationToken);
            var end = after;
            erased += await database.Writer.RunAsync(WriterLane.Bulk, 0, connection => EraseSeen(connection, erasure, begin, end), cancellationToken);
        }

        return erased;
    }

    private static byte[] Boundary(SqliteConnection connection, byte[] after)
    {
        using var query = connection.Use(SelectBoundary).Bind(after.AsSpan());
        return query.Read() ? query.Blob(0).ToArray() : AfterAll;
    }

    private static int EraseSeen(SqliteConnection connection, Erasure erasure, byte[] after, byte[] end)
    {
        connection.Use(UpdateSeen)
            .Bind(SeenHash(erasure.Pseudonym).AsSpan())
            .Bind(after.AsSpan())
            .Bind(end.AsSpan())
            .Bind(SeenHash(erasure.Key).AsSpan())
            .Bind(erasure.AccountId)
            .Run();
        return connection.Changes;
    }

    private static byte[] SeenHash(string address) => SHA256.HashData(Encoding.UTF8.GetBytes(address))[..16];

    private static JsonObject? ExportEvent(SqliteConnection connection, long sequence)
    {
        using var row = connection.Use(SelectEvent).Bind(sequence);
        return !row.Read()
            ? null
            : new JsonObject { ["kind"] = "event", ["accountId"] = row.Int64(2), ["event"] = JsonNode.Parse(row.Blob(0)) };
    }

    private static JsonObject? ExportConversation(SqliteConnection connection, long sequence)
    {
        using var row = connection.Use(SelectConversation).Bind(sequence);
        return !row.Read()
            ? null
            : new JsonObject
            {
                ["kind"] = "conversation",
                ["accountId"] = row.Int64(1),
                ["at"] = ErasureJson.Time(row.Time(2)),
                ["text"] = row.NullableText(0),
            };
    }
}
