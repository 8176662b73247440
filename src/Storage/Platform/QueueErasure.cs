using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Relay.Platform.Privacy;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Messages, e-mails and their content in relay.db, found by recipient, sender or any text that names the address.</summary>
internal sealed class QueueErasure(RelayDatabase database, ISpool spool, TimeProvider time) : IErasable, IOpenMail
{
    private const string OpenWhere = @"AND (?1 IS NULL OR account_id = ?1) AND address LIKE ?2 ESCAPE '\'";

    private const string SelectOpen = $"""
        SELECT id, address FROM recipient INDEXED BY recipient_waiting WHERE {RecipientRow.Waiting} {OpenWhere}
        UNION ALL SELECT id, address FROM recipient INDEXED BY recipient_leased WHERE state = 2 {OpenWhere}
        UNION ALL SELECT id, address FROM recipient INDEXED BY recipient_held WHERE state = 4 {OpenWhere}
        LIMIT 1000
        """;

    /// <summary>An export holds at most so many messages.</summary>
    private const int MaxSeen = 1_000_000;

    private const string SelectLastEvent = "SELECT ifnull(max(sequence), 0) FROM event_outbox";

    private static readonly ErasureScan[] Scans =
    [
        new("recipient", "", "id", "t.message_no", "t.address", "t.original_recipient", "t.last_reply"),
        new("message", "", "no", "t.no", "t.reverse_path", "t.header_from", "t.subject", "t.message_id", "t.idempotency_key", "t.envelope_id", "t.tags"),
        new("email", "JOIN message m ON m.id = t.message_id", "id", "m.no",
            "t.sender", "t.to_list", "t.cc_list", "t.bcc_list", "t.reply_to", "t.subject", "t.message_field", "t.reference_ids", "t.html", "t.text"),
        new("variant", "LEFT JOIN content c ON c.id = t.content_id", "id", "t.message_no", "t.prefix", "t.return_path", "c.body"),
    ];

    public string Name => "messages";

    public bool FollowsEvents => false;

    public ValueTask<IReadOnlyList<long>> RecipientsAsync(Erasure erasure, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<long>>(
            connection =>
            {
                var found = new List<long>();
                using var query = connection.Use(SelectOpen).Bind(erasure.AccountId).Bind(erasure.Patterns[0]);
                while (query.Read())
                {
                    if (erasure.Is(query.Text(1)))
                    {
                        found.Add(query.Int64(0));
                    }
                }

                return found;
            },
            cancellationToken);

    public ValueTask<long> LastEventAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => connection.QueryInt64(SelectLastEvent), cancellationToken);

    public async ValueTask<int> EraseAsync(Erasure erasure, CancellationToken cancellationToken)
    {
        var erased = 0;
        foreach (var scan in Scans)
        {
            await foreach (var window in scan.FindAsync(database.Readers, erasure, cancellationToken))
            {
                var files = new List<string>();
                erased += await ErasurePieces.ChangeAsync(
                    database.Writer, time, window, (connection, no) => MessageErasure.Erase(connection, no, erasure, files), cancellationToken);

                // The rows that named them are gone; a crash here leaves files for the sweep.
                foreach (var file in files)
                {
                    await spool.DeleteFileAsync(file, CancellationToken.None);
                }
            }
        }

        return erased;
    }

    public async IAsyncEnumerable<JsonObject> ExportAsync(Erasure erasure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A message found by its recipient is found again by its texts: the first scan has its word.
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var scan in Scans)
        {
            await foreach (var entry in ErasureJson.ExportAsync(
                database.Readers, scan, erasure, (connection, no) => MessageErasure.Export(connection, no, erasure), cancellationToken))
            {
                if (seen.Count < MaxSeen && seen.Add(entry["id"]!.GetValue<string>()))
                {
                    yield return entry;
                }
            }
        }
    }
}
