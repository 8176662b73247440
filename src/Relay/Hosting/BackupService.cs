using System.Text.Json;
using Relay.Admin;
using Relay.Queue;
using Relay.Storage;

namespace Relay;

/// <summary>Backups: the stores' own copy, the configuration, on demand keys and certificates; the manifest last, so that it vouches for the rest.</summary>
internal sealed class BackupService(RelayStores stores, LoadedConfiguration configuration, TimeProvider time) : IBackup
{
    public const string ManifestName = "backup.json";

    /// <summary>What only a backup with keys holds, beside the configured token file, which never goes into one.</summary>
    public static readonly IReadOnlyList<string> KeyFiles = ["master.key", "self-signed.pem"];

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public async Task<BackupReport> CreateAsync(string folder, bool withKeys, Action<string, int>? progress, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var at = time.GetUtcNow();
        try
        {
            Prepare(folder);
            var contents = await stores.BackupAsync(folder, progress, cancellationToken);
            CopyBeside(folder, withKeys);
            var report = new BackupReport(
                folder, at, CommandRunner.Version, withKeys, contents.ContentFiles, contents.ContentBytes, contents.RelayBytes, contents.HistoryBytes, Math.Round(time.GetElapsedTime(start).TotalSeconds, 2));
            PrivateFile.Write(Path.Combine(folder, ManifestName), JsonSerializer.Serialize(report, Json));
            return report;
        }
        catch (Exception trouble) when (trouble is StoreUnavailableException or IOException or UnauthorizedAccessException)
        {
            throw new BackupException($"the backup was not made: {trouble.Message}", trouble);
        }
    }

    private static void Prepare(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
        {
            throw new BackupException($"{folder} is not empty");
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    private void CopyBeside(string folder, bool withKeys)
    {
        if (configuration.File is { } file && File.Exists(file))
        {
            PrivateFile.Write(Path.Combine(folder, "relay.toml"), File.ReadAllText(file));
        }

        foreach (var name in withKeys ? KeyFiles : [])
        {
            var path = Path.Combine(configuration.Options.Data, name);
            if (File.Exists(path))
            {
                PrivateFile.Write(Path.Combine(folder, name), File.ReadAllText(path));
            }
        }
    }
}
