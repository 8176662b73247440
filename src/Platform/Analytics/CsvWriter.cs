using System.Buffers;
using System.Globalization;
using System.Text;

namespace Relay.Platform.Analytics;

/// <summary>Writes rows as RFC 4180 §2 has them: CRLF, quotes where needed. What a spreadsheet would take for a formula gets an apostrophe before it.</summary>
public sealed class CsvWriter(Stream stream)
{
    private static readonly SearchValues<char> Quoted = SearchValues.Create("\",\r\n");
    private static readonly SearchValues<char> FormulaStarts = SearchValues.Create("=+-@\t\r\n");
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    private readonly StringBuilder _row = new();

    public long Octets { get; private set; }

    public async ValueTask WriteAsync(IEnumerable<object?> fields, CancellationToken cancellationToken)
    {
        _row.Clear();
        var separator = string.Empty;
        foreach (var field in fields)
        {
            _row.Append(separator);
            Append(field);
            separator = ",";
        }

        var octets = Utf8.GetBytes(_row.Append("\r\n").ToString());
        Octets += octets.Length;
        await stream.WriteAsync(octets, cancellationToken);
    }

    private void Append(object? field)
    {
        // Numbers are ours, and may be negative; texts may come from anybody.
        var text = field switch
        {
            null => string.Empty,
            string some => Harmless(some),
            IFormattable some => some.ToString(null, CultureInfo.InvariantCulture),
            _ => field.ToString()!,
        };
        if (text.AsSpan().ContainsAny(Quoted))
        {
            _row.Append('"').Append(text.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
        }
        else
        {
            _row.Append(text);
        }
    }

    private static string Harmless(string text) => text.Length > 0 && FormulaStarts.Contains(text[0]) ? "'" + text : text;
}
