using System.Globalization;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>One process per data folder. The system releases the lock when the process ends, however it ends.</summary>
internal sealed class DataLock : IDisposable
{
    private const string LockName = "relay.lock";

    // Beside the lock, because nobody else can open the locked file, on Windows not even to read.
    private const string PidName = "relay.pid";

    private readonly FileStream _lock;
    private readonly string _pidPath;

    private DataLock(FileStream lockFile, string pidPath)
    {
        _lock = lockFile;
        _pidPath = pidPath;
    }

    /// <exception cref="StoreUnavailableException">Another process has the folder, or it cannot be written.</exception>
    public static DataLock Take(string folder)
    {
        var path = Path.Combine(folder, LockName);
        var pidPath = Path.Combine(folder, PidName);
        FileStream file;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new StoreUnavailableException($"The data folder {folder} is in use{Owner(pidPath)}.", exception);
        }
        catch (UnauthorizedAccessException exception)
        {
            throw new StoreUnavailableException($"The data folder {folder} cannot be written by this user.", exception);
        }

        File.WriteAllText(pidPath, Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
        return new DataLock(file, pidPath);
    }

    public void Dispose()
    {
        File.Delete(_pidPath);
        _lock.Dispose();
    }

    private static string Owner(string pidPath)
    {
        try
        {
            return int.TryParse(File.ReadAllText(pidPath), NumberStyles.None, CultureInfo.InvariantCulture, out var pid)
                ? string.Create(CultureInfo.InvariantCulture, $" by process {pid}")
                : string.Empty;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return string.Empty;
        }
    }
}
