namespace Relay;

/// <summary>Rows in columns as wide as their content, for people; the last column takes the rest.</summary>
internal sealed class TextTable(params string[] titles)
{
    private readonly List<string[]> _rows = [];

    public TextTable Add(params string?[] cells)
    {
        _rows.Add([.. cells.Select(cell => cell ?? string.Empty)]);
        return this;
    }

    public async Task WriteAsync(TextWriter output, string whenEmpty)
    {
        if (_rows.Count == 0)
        {
            await output.WriteLineAsync(whenEmpty);
            return;
        }

        var widths = titles.Select((title, i) => Math.Max(title.Length, _rows.Max(row => row[i].Length))).ToList();
        foreach (var row in _rows.Prepend(titles))
        {
            await output.WriteLineAsync(string.Join("  ", row.Select((cell, i) => cell.PadRight(widths[i]))).TrimEnd());
        }
    }
}
