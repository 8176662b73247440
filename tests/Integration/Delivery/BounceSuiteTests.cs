using System.Diagnostics;
using System.Text.Json;
using Relay.Delivery;
using Relay.Mail;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Integration;

/// <summary>The reports that a mailing list manager's bounce detector is tested with, a hundred and more that came by between 2000 and 2020, with the addresses to be found.</summary>
public sealed class BounceSuiteTests
{
    internal static readonly string Package = Path.Combine(TestData.Root, "artifacts", "bounce-suite", "usr", "lib", "python3", "dist-packages", "flufl", "bounce");

    // The table of the package, without running it: file and addresses; an empty list stands for "nothing may be found".
    private const string ToJson = """
        import ast, json, sys
        table = next(n.value for n in ast.parse(open(sys.argv[1]).read()).body if isinstance(n, ast.Assign) and n.targets[0].id == 'DATA')
        rows = [(row.elts[1].value, {'addresses': [a.value.decode() for a in row.elts[2].elts] if isinstance(row.elts[2], ast.List) else [],
                                     'isDelay': len(row.elts) > 3 and row.elts[3].value}) for row in table.elts]
        print(json.dumps(dict(rows)))
        """;

    // Where we see it otherwise, and why.
    private static readonly Dictionary<string, string> Differ = new(StringComparer.Ordinal)
    {
        ["aol_01.txt"] = "names a local part only",
        ["llnl_01.txt"] = "a letter that explains addresses; those of the explanation are found, too",
        ["microsoft_03.txt"] = "from a person's address: might be written by anybody",
        ["sendmail_01.txt"] = "two names of one recipient: read as one with its original",
        ["simple_20.txt"] = "from a person's address: might be written by anybody",
        ["simple_42.txt"] = "nothing is expected; the recipient is there, and read",
        ["yale_01.txt"] = "names a local part only; an address of the explanation is found",
    };

    [BounceSuiteFact]
    public async Task Finds_the_addresses_that_others_find()
    {
        using var table = JsonDocument.Parse(await ReadAsync());
        var wrong = new List<string>();
        foreach (var row in table.RootElement.EnumerateObject())
        {
            var expected = row.Value.GetProperty("addresses").EnumerateArray().Select(address => address.GetString()!).ToHashSet(StringComparer.OrdinalIgnoreCase);
            var report = ReportReader.Read(await File.ReadAllBytesAsync(Path.Combine(Package, "tests", "data", row.Name)));
            var found = report.Kind == ReportKind.Delivery ? report.Recipients : [];
            if (found.Count != expected.Count || !found.All(recipient => IsIn(expected, recipient.FinalRecipient) || IsIn(expected, recipient.OriginalRecipient)))
            {
                wrong.Add(row.Name);
            }
        }

        Assert.Equal(Differ.Keys.Order(StringComparer.Ordinal), wrong.Order(StringComparer.Ordinal));
        Assert.Equal(113, table.RootElement.EnumerateObject().Count());
    }

    [BounceSuiteFact]
    public async Task Tells_what_is_only_late()
    {
        using var table = JsonDocument.Parse(await ReadAsync());
        var wrong = new List<string>();
        foreach (var row in table.RootElement.EnumerateObject().Where(row => !Differ.ContainsKey(row.Name)))
        {
            var report = ReportReader.Read(await File.ReadAllBytesAsync(Path.Combine(Package, "tests", "data", row.Name)));
            wrong.AddRange(ReportEvidence.Of(report).Where(recipient => report.Kind == ReportKind.Delivery && recipient.IsFailure == row.Value.GetProperty("isDelay").GetBoolean())
                .Select(recipient => $"{row.Name} {recipient.Recipient}: {recipient.Action}"));
        }

        Assert.Empty(wrong);
    }

    private static bool IsIn(HashSet<string> expected, string? address) => address is not null && expected.Contains(address);

    private static async Task<string> ReadAsync()
    {
        var start = new ProcessStartInfo("python3", ["-c", ToJson, Path.Combine(Package, "testing", "helpers.py")]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await errors);
        return output;
    }
}

/// <summary>Skipped, and says so, where the suite is not unpacked.</summary>
internal sealed class BounceSuiteFactAttribute : FactAttribute
{
    public BounceSuiteFactAttribute()
    {
        if (!Directory.Exists(BounceSuiteTests.Package))
        {
            Skip = "python3-flufl.bounce is not unpacked here";
        }
    }
}
