using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>docs/configuration.md lists every key with its default and range, and nothing else.</summary>
public sealed class DocumentationTests
{
    private static readonly string[] Lines = File.ReadAllLines(Path.Combine(TestData.Root, "docs", "configuration.md"));

    [Fact]
    public void Lists_every_key_with_its_default_and_range()
    {
        Assert.Equal(
            ConfigurationSchema.Rows.Select(static row => $"[{row.Section}] {row.Key} | {row.Default} | {row.Allowed}"),
            DocumentedRows().Select(static row => $"[{row.Section}] {row.Key} | {row.Default} | {row.Allowed}"));
    }

    [Fact]
    public void Says_why_for_every_key() => Assert.All(DocumentedRows(), static row => Assert.True(row.Why.Length > 10, row.Key));

    [Fact]
    public void Names_what_is_not_available_yet()
    {
        var text = string.Join('\n', Lines);

        Assert.All(SectionSchema.Of(typeof(RelayOptions)).NotYet, key => Assert.Contains($"`[{key}]`", text, StringComparison.Ordinal));
        Assert.All(SectionSchema.Of(typeof(RetentionSection)).NotYet, key => Assert.Contains($"`{key}`", text, StringComparison.Ordinal));
    }

    private static IEnumerable<(string Section, string Key, string Default, string Allowed, string Why)> DocumentedRows()
    {
        string? section = null;
        foreach (var line in Lines)
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = SectionOf(line[3..]);
            }
            else if (section is not null && line.StartsWith("| `", StringComparison.Ordinal))
            {
                var cells = line.Split(" | ");
                yield return (section, cells[0][3..^1], cells[1].Trim('`'), cells[2], cells[3]);
            }
        }
    }

    // Null for the chapters that are no section.
    private static string? SectionOf(string heading) => heading switch
    {
        "Top level" => string.Empty,
        "Elements of `keys`" => "dkim.\"DOMAIN\".keys element",
        _ when heading.StartsWith("`[", StringComparison.Ordinal) => heading[2..^2],
        _ => null,
    };
}
