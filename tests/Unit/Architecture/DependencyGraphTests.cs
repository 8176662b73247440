using System.Xml.Linq;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>The house's dependency rules, read from the project files: nothing may refer to what it must not know.</summary>
public sealed class DependencyGraphTests
{
    private static readonly Dictionary<string, string[]> Allowed = new(StringComparer.Ordinal)
    {
        ["Mail"] = [],
        ["Toml"] = [],
        ["Dns"] = ["Mail"],
        ["Smtp"] = ["Mail"],
        ["Dkim"] = ["Mail"],
        ["Senders"] = ["Mail", "Dkim", "Dns"],
        ["Queue"] = ["Mail"],
        ["Delivery"] = ["Queue", "Senders", "Smtp", "Dns", "Dkim", "Mail", "Toml"],
        ["Platform"] = ["Queue", "Senders", "Dkim", "Dns", "Mail"],
        ["Admin"] = ["Platform", "Delivery", "Queue", "Senders", "Dkim", "Dns", "Mail"],
        ["Storage"] = ["Mail", "Dkim", "Senders", "Queue", "Delivery", "Platform", "Admin"],
        ["Relay"] = ["Mail", "Toml", "Dns", "Smtp", "Dkim", "Senders", "Queue", "Delivery", "Platform", "Admin", "Storage"],
    };

    private static readonly Dictionary<string, string[]> AllowedPackages = new(StringComparer.Ordinal)
    {
        ["Dkim"] = ["BouncyCastle.Cryptography"],
        ["Platform"] = ["AngleSharp", "Handlebars.Net", "Microsoft.AspNetCore.OpenApi"],
        ["Admin"] = ["Microsoft.AspNetCore.OpenApi"],
        ["Storage"] = ["SQLitePCLRaw.bundle_e_sqlite3"],
        ["Relay"] = ["OpenTelemetry", "OpenTelemetry.Exporter.OpenTelemetryProtocol", "Spectre.Console"],
    };

    // Mail and Dkim stay free of the web framework.
    private static readonly string[] WithoutFramework = ["Mail", "Dkim"];

    public static TheoryData<string> Projects() => [.. Directory.GetDirectories(Path.Combine(TestData.Root, "src")).Select(p => Path.GetFileName(p)!)];

    [Theory]
    [MemberData(nameof(Projects))]
    public void Refers_only_to_what_it_may_know(string project)
    {
        var references = Items(project, "ProjectReference").Select(path => Path.GetFileNameWithoutExtension(path)!);
        Assert.Empty(references.Except(Allowed[project]));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Uses_only_the_packages_decided_on(string project)
    {
        var packages = Items(project, "PackageReference");
        Assert.Empty(packages.Except(AllowedPackages.GetValueOrDefault(project, [])));
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Keeps_the_pure_projects_free_of_the_web_framework(string project)
    {
        if (WithoutFramework.Contains(project))
        {
            Assert.Empty(Items(project, "FrameworkReference"));
        }
    }

    [Fact]
    public void Only_storage_speaks_sql()
    {
        var others = Directory.EnumerateFiles(Path.Combine(TestData.Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}Storage{Path.DirectorySeparatorChar}", StringComparison.Ordinal)
                && !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal));
        Assert.DoesNotContain(others, file => File.ReadAllText(file).Contains("SQLitePCL", StringComparison.Ordinal)
            || File.ReadAllText(file).Contains("Microsoft.Data.Sqlite", StringComparison.Ordinal));
    }

    private static List<string> Items(string project, string kind) =>
    [
        .. XDocument.Load(Path.Combine(TestData.Root, "src", project, project + ".csproj")).Descendants(kind).Select(item => item.Attribute("Include")!.Value),
    ];
}
