using System.Globalization;
using System.Text;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>Each operation of the reference: what was shown of it, and that docs/api/coverage.md says exactly that.</summary>
public sealed class ReferenceCoverageTests(ReferenceRun run) : IClassFixture<ReferenceRun>
{
    public static TheoryData<string, Proof> Proofs()
    {
        var data = new TheoryData<string, Proof>();
        foreach (var operation in ReferenceRun.Served)
        {
            foreach (var proof in Enum.GetValues<Proof>())
            {
                data.Add(operation, proof);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Proofs))]
    public void Is_shown_to_work(string operation, Proof proof) => Assert.Equal("", run.Result(operation, proof));

    [Fact]
    public void Serves_only_operations_of_the_reference() => Assert.Empty(ReferenceRun.Served.Except(run.Spec.Operations));

    /// <summary>RELAY_WRITE_DOCS=1 writes the page instead.</summary>
    [Fact]
    public void The_coverage_page_says_what_was_shown()
    {
        var file = Path.Combine(TestData.Root, "docs", "api", "coverage.md");
        var page = Page();
        if (Environment.GetEnvironmentVariable("RELAY_WRITE_DOCS") == "1")
        {
            File.WriteAllText(file, page);
        }

        Assert.Equal(page, File.ReadAllText(file));
    }

    private string Page()
    {
        var page = new StringBuilder()
            .Append("# Coverage of the useSend reference\n\n")
            .Append("Written by `ReferenceCoverageTests` from what the running server showed; the test fails when this page says anything else.\n")
            .Append("An operation works only with all five: a success as the reference describes it, the same read back after a restart, each\n")
            .Append("documented error provoked, a foreign account refused, and its effect seen in mail or state.\n\n")
            .Append("| operation | success | read back | errors | foreign | effect | works |\n|---|---|---|---|---|---|---|\n");
        var working = 0;
        var operations = run.Spec.Operations.ToList();
        foreach (var operation in operations)
        {
            var proofs = Enum.GetValues<Proof>().Select(proof => run.Result(operation, proof).Length == 0).ToList();
            var works = proofs.TrueForAll(shown => shown);
            working += works ? 1 : 0;
            page.Append(CultureInfo.InvariantCulture, $"| `{operation}` | {string.Join(" | ", proofs.Select(Word))} | {(works ? "**yes**" : "no")} |\n");
        }

        return page.Append(CultureInfo.InvariantCulture, $"\n{working} of {operations.Count} operations work.\n").ToString();
    }

    private static string Word(bool shown) => shown ? "yes" : "-";
}
