using System.Text.Json;

namespace Relay.Admin;

/// <summary>Enum values as the API spells them: camelCase words.</summary>
internal static class Words
{
    public static string Of<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    /// <summary>Reads one word; null when it is unknown.</summary>
    public static T? Parse<T>(string word)
        where T : struct, Enum => word.Length > 0 && char.IsLetter(word[0]) && Enum.TryParse<T>(word, ignoreCase: true, out var value) ? value : null;

    /// <summary>Reads a list such as <c>deferred,held</c>; the first unknown word is the error.</summary>
    public static bool TryParseList<T>(string text, out IReadOnlyList<T> values, out string error)
        where T : struct, Enum
    {
        var found = new List<T>();
        values = found;
        error = "";
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (!char.IsLetter(word[0]) || !Enum.TryParse<T>(word, ignoreCase: true, out var value))
            {
                error = $"'{word}' is none of: {string.Join(", ", Enum.GetValues<T>().Select(Of))}";
                return false;
            }

            found.Add(value);
        }

        return true;
    }
}
