using System.Text.Json;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ListTableTests
{
    private static readonly ListColumn[] Columns =
    [
        ListColumn.Id("Message", "id"), ListColumn.Number("Attempts", "attempts"), ListColumn.Of("Last reply", "reply"), ListColumn.Time("Next", "next"),
    ];

    private static readonly IReadOnlyList<JsonElement> Entries =
    [
        Entry("""{"id":"01m8pdcdxremvbvctbaqw115xd","attempts":7,"reply":"451 4.7.1 [bold]later[/] \u001b[2J","next":"2026-11-30T14:23:40.5Z"}"""),
        Entry("""{"id":"01m8p9qyh2e7pr9pdp183cvpqn","attempts":12,"reply":null,"next":null}"""),
    ];

    [Fact]
    public void Entries_stand_below_their_headings()
    {
        var lines = Write(120);
        Assert.Equal(4, lines.Length);
        Assert.Equal(["Message", "Attempts", "Last", "reply", "Next"], lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains("2026-11-30 14:23:40Z", lines[2], StringComparison.Ordinal);
        Assert.Equal(lines[0].IndexOf("Next", StringComparison.Ordinal), lines[2].IndexOf("2026-", StringComparison.Ordinal));

        // Numbers end below each other.
        Assert.Equal(lines[2].IndexOf(" 7 ", StringComparison.Ordinal) + 2, lines[3].IndexOf(" 12", StringComparison.Ordinal) + 3);
    }

    [Fact]
    public void What_strangers_wrote_is_shown_as_it_is_but_steers_no_terminal()
    {
        var line = Write(120)[2];
        Assert.Contains("451 4.7.1 [bold]later[/]  [2J", line, StringComparison.Ordinal);
        Assert.DoesNotContain('\u001b', line);
    }

    [Fact]
    public void Long_texts_are_broken_and_ids_are_not()
    {
        var lines = Write(80);
        Assert.True(lines.Length > 4, string.Join('\n', lines));
        Assert.All(lines, line => Assert.InRange(line.Length, 1, 80));
        Assert.Contains(lines, line => line.Contains("01m8pdcdxremvbvctbaqw115xd", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_written_where_the_terminal_is_too_narrow()
    {
        using var output = new StringWriter();
        Assert.False(ListTable.TryWrite(output, 60, Columns, Entries));
        Assert.Empty(output.ToString());
    }

    [Fact]
    public void The_first_page_decides_for_those_behind_it()
    {
        var narrow = Entry("""{"id":"01m8p","attempts":1,"reply":null,"next":null}""");
        using var output = new StringWriter();
        var table = new ListForm(output, 60, Columns);
        Assert.True(table.TryWriteTable([narrow]));
        Assert.True(table.TryWriteTable(Entries));
        Assert.Contains("01m8pdcdxremvbvctbaqw115xd", output.ToString(), StringComparison.Ordinal);

        var lines = new ListForm(output, 60, Columns);
        Assert.False(lines.TryWriteTable(Entries));
        Assert.False(lines.TryWriteTable([narrow]));
    }

    private static string[] Write(int width)
    {
        using var output = new StringWriter();
        Assert.True(ListTable.TryWrite(output, width, Columns, Entries));
        return output.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }

    private static JsonElement Entry(string json) => JsonDocument.Parse(json).RootElement;
}
