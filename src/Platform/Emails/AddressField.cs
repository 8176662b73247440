using System.Text.Json;
using System.Text.Json.Serialization;

namespace Relay.Platform.Emails;

/// <summary>Addresses as a client gave them: one string, or an array.</summary>
[JsonConverter(typeof(AddressFieldConverter))]
public sealed record AddressField(bool IsSingle, IReadOnlyList<string> Values)
{
    public static readonly AddressField None = new(false, []);

    public string ToJson() => JsonSerializer.Serialize(this, ApiJson.Options);

    public static AddressField FromJson(string json) => JsonSerializer.Deserialize<AddressField>(json, ApiJson.Options)!;
}

/// <summary>Writes what was given in the form in which it was given.</summary>
internal sealed class AddressFieldConverter : JsonConverter<AddressField>
{
    public override AddressField Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String
            ? new AddressField(true, [reader.GetString()!])
            : new AddressField(false, JsonSerializer.Deserialize<string[]>(ref reader, options)!);

    public override void Write(Utf8JsonWriter writer, AddressField value, JsonSerializerOptions options)
    {
        if (value.IsSingle)
        {
            writer.WriteStringValue(value.Values[0]);
            return;
        }

        writer.WriteStartArray();
        foreach (var address in value.Values)
        {
            writer.WriteStringValue(address);
        }

        writer.WriteEndArray();
    }
}
