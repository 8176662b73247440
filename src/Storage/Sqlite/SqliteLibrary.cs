using System.Reflection;
using System.Runtime.InteropServices;
using SQLitePCL;

namespace Relay.Storage;

/// <summary>Loads SQLite once per process: the system's library when there is one, because the bundled one is old; else the bundle.</summary>
internal static class SqliteLibrary
{
    private const string ProviderLibrary = "e_sqlite3";

    private static readonly string[] SystemNames = ["libsqlite3.so.0", "libsqlite3.dylib"];

    private static readonly Lazy<string> LoadedVersion = new(Load);

    /// <summary>Version of the library in use, for example 3.40.1. Loads it at the first call.</summary>
    public static string Version => LoadedVersion.Value;

    private static string Load()
    {
        // The resolver must stand before the first call into the provider.
        NativeLibrary.SetDllImportResolver(typeof(SQLite3Provider_e_sqlite3).Assembly, Resolve);
        Batteries_V2.Init();

        // Each allocation would take a lock to count memory, and nobody asks for the count.
        raw.sqlite3_config(raw.SQLITE_CONFIG_MEMSTATUS, 0);
        return raw.sqlite3_libversion().utf8_to_string();
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? searchPath)
    {
        if (name != ProviderLibrary || OperatingSystem.IsWindows())
        {
            return 0;
        }

        foreach (var systemName in SystemNames)
        {
            if (NativeLibrary.TryLoad(systemName, out var handle))
            {
                return handle;
            }
        }

        return 0;
    }
}
