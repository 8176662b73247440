using System.Globalization;
using System.Text;
using Relay.Toml;

namespace Relay.Tests.Fuzz;

/// <summary>A model of a document and the plainest way to write it: inline for arrays, headers for tables.</summary>
internal static class TomlDocumentWriter
{
    public static string Write(IReadOnlyDictionary<string, object> table)
    {
        var text = new StringBuilder();
        WriteTable(table, string.Empty, text);
        return text.ToString();
    }

    private static void WriteTable(IReadOnlyDictionary<string, object> table, string path, StringBuilder text)
    {
        foreach (var (key, value) in table.Where(static pair => pair.Value is not IReadOnlyDictionary<string, object>))
        {
            text.Append(TomlText.Key(key)).Append(" = ").Append(Inline(value)).Append('\n');
        }

        foreach (var (key, value) in table)
        {
            if (value is IReadOnlyDictionary<string, object> inner)
            {
                var innerPath = path.Length == 0 ? TomlText.Key(key) : path + "." + TomlText.Key(key);
                text.Append('[').Append(innerPath).Append("]\n");
                WriteTable(inner, innerPath, text);
            }
        }
    }

    private static string Inline(object value) => value switch
    {
        string text => TomlText.Quote(text),
        long number => number.ToString(CultureInfo.InvariantCulture),
        bool boolean => boolean ? "true" : "false",
        double number => Float(number),
        DateTimeOffset instant => instant.ToString("yyyy-MM-dd'T'HH:mm:ss.fffffffzzz", CultureInfo.InvariantCulture),
        DateOnly date => date.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        TimeOnly time => time.ToString("HH:mm:ss.fffffff", CultureInfo.InvariantCulture),
        IReadOnlyList<object> list => "[" + string.Join(", ", list.Select(Inline)) + "]",
        IReadOnlyDictionary<string, object> table => "{" + string.Join(", ", table.Select(static pair => TomlText.Key(pair.Key) + " = " + Inline(pair.Value))) + "}",
        _ => throw new NotSupportedException(value.GetType().Name),
    };

    private static string Float(double number) => number switch
    {
        double.NaN => "nan",
        double.PositiveInfinity => "inf",
        double.NegativeInfinity => "-inf",
        _ => number.ToString("E17", CultureInfo.InvariantCulture),
    };
}
