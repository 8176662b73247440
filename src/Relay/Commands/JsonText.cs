using System.Text.Json;

namespace Relay;

/// <summary>Reads members of an answer as text for the console.</summary>
internal static class JsonText
{
    /// <summary>The member as text; empty when it is null or absent.</summary>
    public static string Text(this JsonElement element, string name) =>
        !element.TryGetProperty(name, out var member) || member.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined
            ? string.Empty
            : member.ValueKind == JsonValueKind.String ? member.GetString()! : member.GetRawText();
}
