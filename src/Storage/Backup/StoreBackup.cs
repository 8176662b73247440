using Relay.Queue;

namespace Relay.Storage;

/// <summary>A consistent copy of everything durable while the server runs.</summary>
/// <remarks>
/// 1. Content files and outbox events stay from now on. 2. Copy history.db, then relay.db: the later outbox then holds every event the
/// history lacks, and no sequence is used twice. 3. Copy the content files that relay.db names. 4. Let go, delete what had to wait.
/// </remarks>
internal sealed class StoreBackup(StorageOptions options, Spool spool, FileSync sync, TimeProvider time)
{
    public async Task<BackupContents> CopyAsync(string target, Action<string, int>? progress, CancellationToken cancellationToken)
    {
        if (!spool.Pause.TryHold())
        {
            throw new StoreUnavailableException("A backup is being made already.");
        }

        try
        {
            var copy = new BackupCopy(sync, time);
            foreach (var (file, percent) in new[] { (HistoryDatabase.FileName, 5), (RelayDatabase.FileName, 40) })
            {
                progress?.Invoke(file, percent);
                await copy.CopyDatabaseAsync(
                    Path.Combine(options.DataFolder, file), Path.Combine(target, file), options.MaxBackupWalBytes, cancellationToken);
            }

            progress?.Invoke("content", 75);
            var (files, bytes) = await copy.CopyContentAsync(
                Path.Combine(target, RelayDatabase.FileName), spool.Folder, target, count => progress?.Invoke($"content file {count}", 80), cancellationToken);
            sync.SyncFolder(target);
            return new BackupContents(files, bytes, Size(target, RelayDatabase.FileName), Size(target, HistoryDatabase.FileName));
        }
        finally
        {
            foreach (var file in spool.Pause.Release())
            {
                await spool.DeleteFileAsync(file, CancellationToken.None);
            }
        }
    }

    private static long Size(string folder, string file) => new FileInfo(Path.Combine(folder, file)).Length;
}

/// <summary>What a backup holds.</summary>
public sealed record BackupContents(int ContentFiles, long ContentBytes, long RelayBytes, long HistoryBytes);
