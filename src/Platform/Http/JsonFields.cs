using System.Buffers;
using System.Globalization;
using System.Text.Json;

namespace Relay.Platform;

/// <summary>Reads the values of a request with a token reader; each leaves the reader on the value's last token, at fault or not.</summary>
/// <remarks>
/// Nothing is decoded before its length is known to be within bounds. null stands for absent. Unknown members are skipped; a member
/// given twice is a fault: no two readers agree on which of them counts.
/// </remarks>
internal static class JsonFields
{
    /// <summary>Members of one object, known or not.</summary>
    public const int MaxMembers = 500;

    private const int MaxOctetsPerUnit = 6;
    private const int MaxNameLength = 256;
    private const int MaxKeyLength = 100;

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

    /// <summary>As <see cref="Text"/>, but an empty one is a value like any other.</summary>
    public static string? TextOrEmpty(ref Utf8JsonReader reader, FieldFaults faults, string field, int maxLength) =>
        IsEmpty(ref reader) ? string.Empty : Text(ref reader, faults, field, maxLength);

    /// <summary>As <see cref="Line"/>, but an empty one is a value like any other.</summary>
    public static string? LineOrEmpty(ref Utf8JsonReader reader, FieldFaults faults, string field, int maxLength) =>
        IsEmpty(ref reader) ? string.Empty : Line(ref reader, faults, field, maxLength);

    /// <summary>A line, trimmed; empty where it is taken away by null or an empty text.</summary>
    public static string? Setting(ref Utf8JsonReader reader, FieldFaults faults, string field, int maxLength) =>
        IsCleared(ref reader) ? string.Empty : Line(ref reader, faults, field, maxLength)?.Trim();

    /// <summary>True when something else than null stands here; null is a fault where a text must be.</summary>
    public static bool NeedsText(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            faults.Add(field, "must be a string");
        }

        return reader.TokenType != JsonTokenType.Null;
    }

    /// <summary>null, or an empty text: both take a setting away.</summary>
    public static bool IsCleared(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.Null || IsEmpty(ref reader);

    /// <summary>One of the words of a table.</summary>
    public static T? Choice<T>(ref Utf8JsonReader reader, FieldFaults faults, string field, params ReadOnlySpan<(string Word, T Value)> choices)
        where T : struct
    {
        if (Line(ref reader, faults, field, MaxNameLength) is not { } text)
        {
            return null;
        }

        var words = new List<string>(choices.Length);
        foreach (var (word, value) in choices)
        {
            if (word == text)
            {
                return value;
            }

            words.Add(word);
        }

        faults.Add(field, $"must be {string.Join(", ", words[..^1])} or {words[^1]}");
        return null;
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

    public static void Skip(ref Utf8JsonReader reader, string name) => reader.Skip();

    /// <summary>Reads the whole object that must be here, member by member: the body itself, or an item of it.</summary>
    public static bool Object(ref Utf8JsonReader reader, FieldFaults faults, MemberReader read)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            return Members(ref reader, faults, string.Empty, read);
        }

        if (faults.Name(string.Empty).Length == 0)
        {
            faults.Add(string.Empty, "the body must be a JSON object", ApiFault.BadRequest);
        }
        else
        {
            faults.Add(string.Empty, "must be an object");
        }

        reader.Skip();
        return false;
    }

    /// <summary>Reads an object member by member; false when there is none.</summary>
    public static bool Members(ref Utf8JsonReader reader, FieldFaults faults, string field, MemberReader read)
    {
        if (!Begins(ref reader, faults, field, JsonTokenType.StartObject))
        {
            return false;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Name(ref reader, faults);
            reader.Read();
            if (name.Length > 0 && !seen.Add(name))
            {
                faults.Add(Join(field, name), "is given twice");
            }

            if (seen.Count > MaxMembers)
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"has more than {MaxMembers} members"));
                reader.Skip();
            }
            else
            {
                read(ref reader, name);
            }
        }

        return true;
    }

    /// <summary>Reads an array item by item, each with its place such as <c>to[2]</c>; false when there is none.</summary>
    /// <param name="bound">What is beyond it, and null in the place of an item, is a fault and not read.</param>
    public static bool Items(ref Utf8JsonReader reader, FieldFaults faults, string field, ItemBound bound, MemberReader read)
    {
        if (!Begins(ref reader, faults, field, JsonTokenType.StartArray))
        {
            return false;
        }

        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            var place = string.Create(CultureInfo.InvariantCulture, $"{field}[{i}]");
            if (i >= bound.Max)
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"may hold {bound.Max} {bound.Items} at most"));
                reader.Skip();
            }
            else if (reader.TokenType == JsonTokenType.Null)
            {
                faults.Add(place, bound.Problem);
            }
            else
            {
                read(ref reader, place);
            }
        }

        return true;
    }

    /// <summary>Lines, each given once however often it stands there; null when absent.</summary>
    public static List<string>? Lines(ref Utf8JsonReader reader, FieldFaults faults, string field, ItemBound bound, int maxLength)
    {
        var texts = new List<string>();
        return Items(ref reader, faults, field, bound, (ref Utf8JsonReader item, string place) =>
        {
            if (Line(ref item, faults, place, maxLength) is { } text && !texts.Contains(text))
            {
                texts.Add(text);
            }
        }) ? texts : null;
    }

    /// <summary>An object of names and texts in the order given; null when absent.</summary>
    /// <param name="read">Reads one text at its place.</param>
    public static List<KeyValuePair<string, string?>>? Map(ref Utf8JsonReader reader, FieldFaults faults, string field, int max, TextReader read)
    {
        var map = new List<KeyValuePair<string, string?>>();
        return Members(ref reader, faults, field, (ref Utf8JsonReader value, string name) =>
        {
            if (map.Count == max)
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"may hold {max} members at most"));
                value.Skip();
                return;
            }

            if (name.Length is 0 or > MaxKeyLength)
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"a name must have 1 to {MaxKeyLength} characters"));
            }

            map.Add(new KeyValuePair<string, string?>(name, read(ref value, Join(field, name))));
        }) ? map : null;
    }

    /// <summary>A member of the value: <c>headers.X-Team</c>.</summary>
    public static string Join(string field, string name) => field.Length == 0 ? name : $"{field}.{name}";

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

    private static bool IsEmpty(ref Utf8JsonReader reader) => reader.TokenType == JsonTokenType.String && TokenLength(ref reader) == 0;

    // Empty when it is longer than any known.
    private static string Name(ref Utf8JsonReader reader, FieldFaults faults) => TokenLength(ref reader) > MaxNameLength * MaxOctetsPerUnit
        ? string.Empty
        : Decode(ref reader, faults, "a member's name") ?? string.Empty;

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

/// <summary>Reads one value, of which the reader stands on the first token and is left on the last.</summary>
/// <param name="name">Of the member, or place of the item.</param>
internal delegate void MemberReader(ref Utf8JsonReader reader, string name);

/// <summary>Reads one text at its place.</summary>
internal delegate string? TextReader(ref Utf8JsonReader reader, string place);

/// <param name="Max">How many items.</param>
/// <param name="Items">What they are called.</param>
/// <param name="Problem">What null in the place of one is told.</param>
internal readonly record struct ItemBound(int Max, string Items, string Problem = "must be a string");
