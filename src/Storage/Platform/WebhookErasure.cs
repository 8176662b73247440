using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Relay.Platform.Privacy;

namespace Relay.Storage;

/// <summary>What webhooks were told, and answered.</summary>
internal sealed class WebhookErasure(HistoryDatabase database, TimeProvider time) : IErasable
{
    private const string SelectEvent = "SELECT body, account_id FROM webhook_event WHERE id = ?";
    private const string UpdateEvent = "UPDATE webhook_event SET body = ? WHERE id = ?";
    private const string SelectDelivery = "SELECT response_body, error, request_headers FROM webhook_delivery WHERE id = ?";
    private const string UpdateDelivery = "UPDATE webhook_delivery SET response_body = ?, error = ?, request_headers = ? WHERE id = ?";

    private static readonly ErasureScan Events = new("webhook_event", "", "id", "t.id", "t.body");
    private static readonly ErasureScan Deliveries = new("webhook_delivery", "", "id", "t.id", "t.response_body", "t.error", "t.request_headers");

    public string Name => "webhooks";

    public bool FollowsEvents => true;

    public async ValueTask<int> EraseAsync(Erasure erasure, CancellationToken cancellationToken) =>
        await EraseAsync(Events, erasure, EraseEvent, cancellationToken) + await EraseAsync(Deliveries, erasure, EraseDelivery, cancellationToken);

    public async IAsyncEnumerable<JsonObject> ExportAsync(Erasure erasure, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in ErasureJson.ExportAsync(database.Readers, Events, erasure, Export, cancellationToken))
        {
            yield return entry;
        }
    }

    private ValueTask<int> EraseAsync(
        ErasureScan scan, Erasure erasure, Func<SqliteConnection, long, Erasure, bool> erase, CancellationToken cancellationToken) =>
        ErasurePieces.EraseAsync(database.Readers, database.Writer, time, scan, erasure, erase, cancellationToken);

    private static bool EraseEvent(SqliteConnection connection, long id, Erasure erasure)
    {
        byte[] body;
        using (var row = connection.Use(SelectEvent).Bind(id))
        {
            if (!row.Read())
            {
                return false;
            }

            body = ErasureJson.Webhook(row.Blob(0), erasure);
        }

        connection.Use(UpdateEvent).Bind(body.AsSpan()).Bind(id).Run();
        return true;
    }

    private static bool EraseDelivery(SqliteConnection connection, long id, Erasure erasure)
    {
        ReadOnlyMemory<byte>? answer;
        string? error;
        string? headers;
        using (var row = connection.Use(SelectDelivery).Bind(id))
        {
            if (!row.Read())
            {
                return false;
            }

            answer = row.IsNull(0) ? null : ErasureJson.Bytes(erasure.Replace(ErasureJson.Text(row.Blob(0))));
            error = erasure.Replace(row.NullableText(1));
            headers = erasure.Replace(row.NullableText(2));
        }

        connection.Use(UpdateDelivery).Bind(answer).Bind(error).Bind(headers).Bind(id).Run();
        return true;
    }

    private static JsonObject? Export(SqliteConnection connection, long id)
    {
        using var row = connection.Use(SelectEvent).Bind(id);
        return !row.Read()
            ? null
            : new JsonObject { ["kind"] = "webhook", ["accountId"] = row.Int64(1), ["body"] = JsonNode.Parse(row.Blob(0)) };
    }
}
