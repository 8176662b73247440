using Relay.Tests.Support;

namespace Relay.Tests.Faults;

/// <summary>What a kill would leave: looked up in the databases of a running relay, beside it. Needs python3.</summary>
internal static class StoredFacts
{
    private const string Script = "import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone()[0])";

    /// <summary>Waits until a query for one number gives this one.</summary>
    /// <param name="database">File name in the data folder.</param>
    public static Task KeepsAsync(this RelayProcess relay, string what, string database, string query, int expected) => Poll.UntilAsync(what, async () =>
    {
        var (exitCode, output) = await RunningProgram.RunAsync("python3", ["-c", Script, Path.Combine(relay.DataFolder, database), query]);
        return exitCode == 0
            ? output.Trim() == expected.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : throw new InvalidOperationException(output);
    });
}
