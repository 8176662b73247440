using System.Globalization;
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

    /// <summary>How many: <c>1 recipient</c>, <c>2 recipients</c>.</summary>
    public static string Count(string number, string one) => number == "1" ? $"1 {one}" : $"{number} {one}s";

    /// <summary>When it was used last, for people.</summary>
    public static string LastUsed(this JsonElement element) => element.Time("lastUsedAt") is { Length: > 0 } at ? "last used " + at : "never used";

    /// <summary>The member as a time to the second, in UTC (<c>2026-11-30 05:08:00Z</c>); empty when it is null or absent.</summary>
    public static string Time(this JsonElement element, string name)
    {
        var text = element.Text(name);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at.ToString("u", CultureInfo.InvariantCulture) : text;
    }
}
