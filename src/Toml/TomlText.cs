using System.Globalization;
using System.Text;

namespace Relay.Toml;

/// <summary>Writes single values the way a document spells them.</summary>
public static class TomlText
{
    /// <summary>A basic string with its quotes and escapes.</summary>
    public static string Quote(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (var c in text)
        {
            quoted = c switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                < ' ' or '\x7f' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:X4}"),
                _ => quoted.Append(c),
            };
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>One part of a key: bare where that is allowed, otherwise quoted.</summary>
    public static string Key(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        var isBare = name.Length > 0 && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');
        return isBare ? name : Quote(name);
    }
}
