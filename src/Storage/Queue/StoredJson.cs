using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>JSON forms at rest: events (unknown members of later versions are ignored) and lists of short texts.</summary>
internal static class StoredJson
{
    private static readonly StoredJsonContext Context = new(new JsonSerializerOptions
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        // Nothing of it reaches a page without being encoded there; remote texts stay readable in the database.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new QueueIdConverter() },
    });

    private static readonly Dictionary<string, string?> NoDefaults = [];

    /// <summary>The event without its sequence, which is the row's key.</summary>
    public static byte[] WriteEvent(DeliveryEvent deliveryEvent) => JsonSerializer.SerializeToUtf8Bytes(deliveryEvent, Context.DeliveryEvent);

    public static DeliveryEvent ReadEvent(long sequence, ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize(json, Context.DeliveryEvent)! with { Sequence = sequence };

    /// <summary>Null for the empty list.</summary>
    public static string? WriteTexts(IReadOnlyList<string> texts) =>
        texts.Count == 0 ? null : JsonSerializer.Serialize(texts, Context.IReadOnlyListString);

    public static IReadOnlyList<string> ReadTexts(string? json) =>
        json is null ? [] : JsonSerializer.Deserialize(json, Context.IReadOnlyListString)!;

    /// <summary>Null for no names.</summary>
    public static string? WriteDefaults(IReadOnlyDictionary<string, string?> defaults) =>
        defaults.Count == 0 ? null : JsonSerializer.Serialize(defaults, Context.IReadOnlyDictionaryStringString);

    public static IReadOnlyDictionary<string, string?> ReadDefaults(string? json) =>
        json is null ? NoDefaults : JsonSerializer.Deserialize(json, Context.IReadOnlyDictionaryStringString)!;

    /// <summary>Null for no properties.</summary>
    public static string? WriteProperties(IReadOnlyDictionary<string, string> properties) =>
        properties.Count == 0 ? null : JsonSerializer.Serialize(properties, Context.IReadOnlyDictionaryStringString!);

    public static IReadOnlyDictionary<string, string> ReadProperties(string? json) =>
        json is null ? NoDefaults! : JsonSerializer.Deserialize(json, Context.IReadOnlyDictionaryStringString!)!;

    private sealed class QueueIdConverter : JsonConverter<QueueId>
    {
        public override QueueId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            QueueId.Parse(reader.GetString()!);

        public override void Write(Utf8JsonWriter writer, QueueId value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.ToString());
    }
}

[JsonSerializable(typeof(DeliveryEvent))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string?>))]
internal sealed partial class StoredJsonContext : JsonSerializerContext;
