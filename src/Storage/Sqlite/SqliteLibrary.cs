using SQLitePCL;

namespace Relay.Storage;

/// <summary>Loads SQLite once per process: the library of the package, never the system's, so that what was tested is what runs.</summary>
internal static class SqliteLibrary
{
    private static readonly Lazy<string> LoadedVersion = new(Load);

    /// <summary>Version of the library in use, for example 3.53.4. Loads it at the first call.</summary>
    public static string Version => LoadedVersion.Value;

    private static string Load()
    {
        Batteries_V2.Init();

        // Each allocation would take a lock to count memory, and nobody asks for the count.
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
        BufferedLog.Register();
        return raw.sqlite3_libversion().utf8_to_string();
    }
}
