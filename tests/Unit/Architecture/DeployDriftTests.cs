using System.Text.Json;
using System.Text.RegularExpressions;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>Dashboard and alarm rules name only metrics that exist, as Prometheus spells them.</summary>
public sealed partial class DeployDriftTests
{
    private static readonly string[] Endings = ["_total", "_bucket", "_sum", "_count"];

    [Theory]
    [InlineData("grafana/relay.json")]
    [InlineData("prometheus/relay.rules.yml")]
    public void Names_only_metrics_that_are_documented(string file)
    {
        var documented = Documented().Matches(File.ReadAllText(Path.Combine(TestData.Root, "docs", "metrics.md")))
            .Select(m => (Name: m.Groups[1].Value.Replace('.', '_'), Unit: m.Groups[2].Value)).ToList();
        var known = documented.SelectMany(metric => new[] { metric.Name, metric.Name + "_seconds", metric.Name.EndsWith("_bytes", StringComparison.Ordinal) ? metric.Name : metric.Name + "_bytes" }).ToHashSet(StringComparer.Ordinal);
        var used = Used().Matches(File.ReadAllText(Path.Combine(TestData.Root, "deploy", file))).Select(m => m.Value).Distinct().ToList();

        Assert.NotEmpty(used);
        Assert.All(used, name => Assert.True(known.Contains(Endings.Aggregate(name, (text, ending) => text.EndsWith(ending, StringComparison.Ordinal) ? text[..^ending.Length] : text)), $"{file} names {name}, which there is not"));
    }

    [Fact]
    public void The_dashboard_is_json()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(TestData.Root, "deploy", "grafana", "relay.json")));
        Assert.True(dashboard.RootElement.GetProperty("panels").GetArrayLength() > 5);
    }

    [GeneratedRegex(@"^\| `(relay\.[a-z_.]+)` \| ([^|]+) \|", RegexOptions.Multiline)]
    private static partial Regex Documented();

    [GeneratedRegex(@"\brelay_[a-z_]+")]
    private static partial Regex Used();
}
