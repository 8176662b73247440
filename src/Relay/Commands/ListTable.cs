using System.Text;
using System.Text.Json;
using Spectre.Console;

namespace Relay;

/// <summary>One column of a list as people at a terminal see it.</summary>
/// <param name="IsNumber">Set to the right.</param>
/// <param name="IsWhole">Never broken over lines: what is copied from, such as ids.</param>
internal sealed record ListColumn(string Heading, Func<JsonElement, string> Text, bool IsNumber = false, bool IsWhole = false)
{
    public static ListColumn Of(string heading, string member) => new(heading, entry => entry.Text(member));

    public static ListColumn Id(string heading, string member) => new(heading, entry => entry.Text(member), IsWhole: true);

    public static ListColumn Number(string heading, string member) => new(heading, entry => entry.Text(member), IsNumber: true, IsWhole: true);

    public static ListColumn Time(string heading, string member) => new(heading, entry => entry.Time(member), IsWhole: true);
}

/// <summary>A page of a list as a table, at most as wide as the terminal.</summary>
internal static class ListTable
{
    private const int Gap = 3;
    private const int NarrowestColumn = 12;

    /// <summary>Writes nothing and returns false where the terminal is too narrow for it.</summary>
    public static bool TryWrite(TextWriter output, int terminalColumns, IReadOnlyList<ListColumn> columns, IReadOnlyList<JsonElement> entries)
    {
        if (Least(columns, entries) > terminalColumns)
        {
            return false;
        }

        Write(output, terminalColumns, columns, entries);
        return true;
    }

    /// <summary>Wider than the terminal where it must be: a list that began as a table goes on as one.</summary>
    public static void Write(TextWriter output, int terminalColumns, IReadOnlyList<ListColumn> columns, IReadOnlyList<JsonElement> entries)
    {
        var text = Render(Math.Max(terminalColumns, Least(columns, entries)), columns, entries);
        foreach (var line in text.Split('\n').Select(line => line.TrimEnd()).Where(line => line.Length > 0))
        {
            output.WriteLine(line);
        }
    }

    private static int Least(IReadOnlyList<ListColumn> columns, IReadOnlyList<JsonElement> entries) =>
        columns.Sum(column => Gap + (column.IsWhole ? Width(column, entries) : Math.Min(NarrowestColumn, Width(column, entries))));

    private static int Width(ListColumn column, IReadOnlyList<JsonElement> entries) =>
        entries.Select(entry => column.Text(entry).Length).Append(column.Heading.Length).Max();

    private static string Render(int terminalColumns, IReadOnlyList<ListColumn> columns, IReadOnlyList<JsonElement> entries)
    {
        var table = new Table { Border = TableBorder.Simple };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column.Heading)) { Alignment = column.IsNumber ? Justify.Right : Justify.Left, NoWrap = column.IsWhole });
        }

        foreach (var entry in entries)
        {
            table.AddRow(columns.Select(column => new Text(Printable(column.Text(entry)))));
        }

        using var text = new StringWriter();
        AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Out = new FixedWidth(text, terminalColumns),
        }).Write(table);
        return text.ToString();
    }

    /// <summary>Replies and header fields come from strangers: nothing of theirs may steer the terminal.</summary>
    internal static string Printable(string text) => string.Create(text.Length, text, static (span, source) =>
    {
        for (var i = 0; i < span.Length; i++)
        {
            span[i] = char.IsControl(source[i]) ? ' ' : source[i];
        }
    });

    private sealed class FixedWidth(TextWriter writer, int columns) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => true;

        public int Width => columns;

        public int Height => int.MaxValue;

        public void SetEncoding(Encoding encoding)
        {
            // The writer is the caller's.
        }
    }
}
