using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>docs/parity.md says what API, commands and page have of each thing.</summary>
public sealed partial class ParityTests
{
    private static readonly List<(string Route, string Command, string View, string Why)> Rows =
        [.. Row().Matches(File.ReadAllText(Path.Combine(TestData.Root, "docs", "parity.md"))).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value, m.Groups[4].Value))];

    [Fact]
    public async Task Names_every_route_once_and_no_other()
    {
        await using var world = await AdminWorld.StartAsync();

        Assert.Equal(world.Routes(), Rows.Select(row => row.Route).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Says_why_where_command_or_view_are_missing_and_only_there() =>
        Assert.Empty(Rows.Where(row => (row.Command.Length == 0 || row.View == "–") != row.Why.Length > 0).Select(row => row.Route));

    [Fact]
    public void Names_commands_that_there_are() =>
        Assert.Empty(Rows.Select(row => row.Command).Where(name => name.Length > 0).Except(CommandTable.All.Select(command => command.Name)));

    [Fact]
    public void Names_every_view_of_the_page_and_no_other()
    {
        var page = File.ReadAllText(Path.Combine(TestData.Root, "src", "Admin", "Page", "app.js"));
        var views = View().Matches(page).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);

        Assert.Equal(views.Order(StringComparer.Ordinal), Rows.Select(row => row.View).Where(view => view != "–").Distinct().Order(StringComparer.Ordinal));
    }

    [GeneratedRegex(@"^\| `([A-Z]+ /[^`]+)` \| (?:`relay ([^`]+)`|–) \| ([^ ]+) \| (.*?) ?\|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\b([a-z]+): \[(?:'|null)")]
    private static partial Regex View();
}
