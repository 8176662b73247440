using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Relay.Platform;
using Relay.Platform.Privacy;

namespace Relay.Storage;

/// <summary>JSON at rest that loses an address, and JSON of exports.</summary>
internal static class ErasureJson
{
    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly string[] Visits = ["open", "click", "unsubscribe"];

    public static string Time(DateTimeOffset time) => ApiJson.Time(time);

    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    public static byte[] Bytes(string? text) => Encoding.UTF8.GetBytes(text ?? string.Empty);

    /// <summary>An event without the address; what tells of the person's device goes with it.</summary>
    public static byte[] Event(ReadOnlySpan<byte> body, Erasure erasure)
    {
        var deliveryEvent = StoredJson.ReadEvent(0, body);
        if (erasure.IsIn(deliveryEvent.Recipient))
        {
            deliveryEvent = deliveryEvent with { Recipient = erasure.Pseudonym, ClientAddress = null, UserAgent = null };
        }

        return Bytes(erasure.Replace(Text(StoredJson.WriteEvent(deliveryEvent))));
    }

    /// <summary>The body of a webhook without the address, the subject, and what tells of the person's device.</summary>
    public static byte[] Webhook(ReadOnlySpan<byte> body, Erasure erasure)
    {
        var json = JsonNode.Parse(body)!.AsObject();
        if (json["data"] is JsonObject data)
        {
            if (data.ContainsKey("subject"))
            {
                data["subject"] = string.Empty;
            }

            foreach (var visit in Visits.Select(name => data[name]).OfType<JsonObject>())
            {
                visit.Remove("ip");
                visit.Remove("userAgent");
            }
        }

        return Bytes(erasure.Replace(json.ToJsonString(Relaxed)));
    }

    /// <summary>Exports what a scan finds, one row after the other.</summary>
    public static async IAsyncEnumerable<JsonObject> ExportAsync(
        SqliteReaders readers,
        ErasureScan scan,
        Erasure erasure,
        Func<SqliteConnection, long, JsonObject?> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var window in scan.FindAsync(readers, erasure, cancellationToken))
        {
            foreach (var key in window)
            {
                if (await readers.ReadAsync(connection => read(connection, key), cancellationToken) is { } entry)
                {
                    yield return entry;
                }
            }
        }
    }
}
