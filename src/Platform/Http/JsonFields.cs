using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Relay.Platform;

/// <summary>Reads single values of a request with a token reader; each leaves the reader on the value's last token, at fault or not.</summary>
/// <remarks>Nothing is decoded before its length is known to be within bounds. null stands for absent.</remarks>
internal static class JsonFields
{
    private const int MaxOctetsPerUnit = 6;
    private const int MaxNameLength = 256;

    /// <summary>Text of 1 to <paramref name="maxLength"/> units without NUL; null when absent or at fault.</summary>
    public static string? Text(ref Utf8JsonReader reader, FieldFaults faults, string field, int maxLength)
    {
        if (!IsToken(ref reader, faults, field, JsonTokenType.String, "must be a string"))
        {
            return null;
        }

        var text = TokenLength(ref reader) > (long)maxLength * MaxOctetsPerUnit ? null : Decode(ref reader, faults, field);
        if (text is null || text.Length > maxLength)
        {
            faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"may have {maxLength} characters at most"));
            return null;
        }

        if (text.Length == 0 || text.Contains('\0', StringComparison.Ordinal))
        {
            faults.Add(field, text.Length == 0 ? "must not be empty" : "must not contain NUL");
            return null;
        }

        return text;
    }

    /// <summary>Text on one line: no control but tab, so that it cannot end a header field.</summary>
    public static string? Line(ref Utf8JsonReader reader, FieldFaults faults, string field, int maxLength)
    {
        if (Text(ref reader, faults, field, maxLength) is not { } text)
        {
            return null;
        }

        if (text.Any(c => char.IsControl(c) && c != '\t'))
        {
            faults.Add(field, "must be one line without control characters");
            return null;
        }

        return text;
    }

    public static bool? Flag(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (reader.TokenType is JsonTokenType.True or JsonTokenType.False)
        {
            return reader.GetBoolean();
        }

        if (reader.TokenType != JsonTokenType.Null)
        {
            faults.Add(field, "must be true or false");
            reader.Skip();
        }

        return null;
    }

    /// <summary>A whole number within bounds.</summary>
    public static int? Whole(ref Utf8JsonReader reader, FieldFaults faults, string field, int min, int max)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number) && number >= min && number <= max)
        {
            return number;
        }

        if (reader.TokenType != JsonTokenType.Null)
        {
            faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}"));
            reader.Skip();
        }

        return null;
    }

    /// <summary>A date-time with offset.</summary>
    public static DateTimeOffset? Time(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (Text(ref reader, faults, field, 64) is not { } text)
        {
            return null;
        }

        if (ApiJson.TryParseTime(text, out var time))
        {
            return time;
        }

        faults.Add(field, "must be a date-time with offset, such as 2030-01-31T12:00:00Z");
        return null;
    }

    /// <summary>True on an object or array to be read member by member; false after null or a fault, with the value behind the reader.</summary>
    public static bool Begins(ref Utf8JsonReader reader, FieldFaults faults, string field, JsonTokenType start) =>
        IsToken(ref reader, faults, field, start, start == JsonTokenType.StartObject ? "must be an object" : "must be an array");

    /// <summary>Name of the member at the reader; empty when it is longer than any known.</summary>
    public static string Name(ref Utf8JsonReader reader, FieldFaults faults)
    {
        if (TokenLength(ref reader) > MaxNameLength * MaxOctetsPerUnit)
        {
            return string.Empty;
        }

        return Decode(ref reader, faults, "a member's name") ?? string.Empty;
    }

    /// <summary>The string at the reader as it stands in the body, escapes and all.</summary>
    public static ReadOnlySequence<byte> Raw(ref Utf8JsonReader reader, ReadOnlySequence<byte> body) =>
        body.Slice(reader.TokenStartIndex + 1, TokenLength(ref reader));

    private static bool IsToken(ref Utf8JsonReader reader, FieldFaults faults, string field, JsonTokenType type, string problem)
    {
        if (reader.TokenType == type)
        {
            return true;
        }

        if (reader.TokenType != JsonTokenType.Null)
        {
            faults.Add(field, problem);
            reader.Skip();
        }

        return false;
    }

    private static long TokenLength(ref Utf8JsonReader reader) => reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length;

    private static string? Decode(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            // What the reader throws for octets that are not UTF-8 and for half a surrogate pair.
            faults.Add(field, "is not valid Unicode text");
            return null;
        }
    }
}
