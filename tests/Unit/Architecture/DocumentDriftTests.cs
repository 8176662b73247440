using System.Text.RegularExpressions;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Documents that could drift from the code are held to it.</summary>
public sealed partial class DocumentDriftTests
{
    [Fact]
    public void Every_cited_rfc_is_in_the_index()
    {
        var listed = IndexRows().Select(row => row.Number).ToHashSet();
        var cited = SourceText().SelectMany(text => CitedRfc().Matches(text)).Select(m => int.Parse(m.Groups[1].Value, null)).ToHashSet();
        Assert.NotEmpty(cited);
        Assert.Empty(cited.Except(listed).Order());
    }

    [Fact]
    public void Every_rfc_is_listed_once_and_in_order()
    {
        var numbers = IndexRows().Select(row => row.Number).ToList();
        Assert.Equal(numbers.Distinct().Order(), numbers);
    }

    [Fact]
    public void Every_rfc_called_full_is_cited_in_the_code()
    {
        var cited = SourceText().SelectMany(text => CitedRfc().Matches(text)).Select(m => int.Parse(m.Groups[1].Value, null)).ToHashSet();
        Assert.Empty(IndexRows().Where(row => row.Status == "full").Select(row => row.Number).Except(cited).Order());
    }

    [Fact]
    public void Every_metric_is_documented_and_no_other()
    {
        var inCode = SourceText().SelectMany(text => MetricName().Matches(text)).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.NotEmpty(inCode);
        var documented = DocumentedMetric().Matches(Document("metrics.md")).Select(m => m.Groups[1].Value).ToHashSet(StringComparer.Ordinal);
        Assert.Equal(inCode.Order(StringComparer.Ordinal), documented.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_event_kind_and_recipient_state_is_documented()
    {
        var text = Document("events.md");
        Assert.All(Enum.GetNames<DeliveryEventKind>(), name => Assert.Contains($"`{name}`", text, StringComparison.Ordinal));
        Assert.All(Enum.GetNames<RecipientState>(), name => Assert.Contains($"`{name}`", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_link_between_documents_leads_somewhere()
    {
        var files = Directory.EnumerateFiles(TestData.Root, "*.md", SearchOption.TopDirectoryOnly)
            .Concat(Directory.EnumerateFiles(Path.Combine(TestData.Root, "docs"), "*.md", SearchOption.AllDirectories));
        foreach (var file in files)
        {
            Assert.NotEmpty(File.ReadAllText(file));
            var folder = Path.GetDirectoryName(file)!;
            var targets = MarkdownLink().Matches(File.ReadAllText(file)).Select(m => m.Groups[1].Value.Split('#')[0]).Where(t => t.Length > 0 && !t.Contains("://", StringComparison.Ordinal));
            Assert.All(targets, target => Assert.True(Path.Exists(Path.Combine(folder, target)), $"{file} links to {target}, which is not there"));
        }
    }

    private static IEnumerable<string> SourceText() =>
        Directory.EnumerateFiles(Path.Combine(TestData.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Select(File.ReadAllText);

    private static List<(int Number, string Status)> IndexRows() =>
        [.. IndexRow().Matches(Document("rfc.md")).Select(m => (int.Parse(m.Groups[1].Value, null), m.Groups[2].Value))];

    private static string Document(string name) => File.ReadAllText(Path.Combine(TestData.Root, "docs", name));

    [GeneratedRegex(@"RFC (\d{3,5})")]
    private static partial Regex CitedRfc();

    [GeneratedRegex(@"^\| (\d{3,5}) \|[^|]*\| (full|partial|planned|no) \|", RegexOptions.Multiline)]
    private static partial Regex IndexRow();

    // The name an instrument is created with; other strings that look like one are none.
    [GeneratedRegex(@"Create(?:Counter|UpDownCounter|Histogram|Gauge|Observable\w+)(?:<\w+>)?\(\s*""(relay\.[a-z_.]+)""")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"^\| `(relay\.[a-z_.]+)` \|[^|\n]+\|[^|\n]+\|[^|\n]+\|$", RegexOptions.Multiline)]
    private static partial Regex DocumentedMetric();

    [GeneratedRegex(@"\]\(([^)\s]+)\)")]
    private static partial Regex MarkdownLink();
}
