using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>docs/parity.md says what API, commands and page have of each thing.</summary>
public sealed partial class ParityTests
{
    private static readonly List<(string Route, string Command, string View)> Rows =
        [.. Row().Matches(File.ReadAllText(Path.Combine(TestData.Root, "docs", "parity.md"))).Select(m => (m.Groups[1].Value, m.Groups[2].Value, m.Groups[3].Value))];

    [Fact]
    public async Task Names_routes_that_there_are()
    {
        await using var world = await AdminWorld.StartAsync();

        Assert.NotEmpty(Rows);
        Assert.Empty(Rows.Select(row => row.Route).Except(world.Routes()));
    }

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

    [GeneratedRegex(@"^\| `([A-Z]+ /[^`]+)` \| (?:`relay ([^`]+)`|–) \| ([^ ]+) \|$", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"\b([a-z]+): \[(?:'|null)")]
    private static partial Regex View();
}
