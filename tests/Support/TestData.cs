namespace Relay.Tests.Support;

/// <summary>Finds the data folders of the tests from wherever the test assembly runs.</summary>
public static class TestData
{
    /// <summary>The repository's root folder.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A path below tests/Data.</summary>
    public static string Path(params IReadOnlyList<string> parts) =>
        System.IO.Path.Combine([Root, "tests", "Data", .. parts]);

    /// <summary>A folder of third-party data that lies beside the checkout (shared/testdata) or where RELAY_TESTDATA says; null where there is none.</summary>
    public static string? FindShared(string name)
    {
        var named = Environment.GetEnvironmentVariable("RELAY_TESTDATA");
        if (named is not null)
        {
            return Existing(System.IO.Path.Combine(named, name));
        }

        for (var folder = Root; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (Existing(System.IO.Path.Combine(folder, "shared", "testdata", name)) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static string? Existing(string folder) => Directory.Exists(folder) ? folder : null;

    private static string FindRoot()
    {
        for (var folder = AppContext.BaseDirectory; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (File.Exists(System.IO.Path.Combine(folder, "Relay.sln")))
            {
                return folder;
            }
        }

        throw new InvalidOperationException("Relay.sln was not found above " + AppContext.BaseDirectory);
    }
}
