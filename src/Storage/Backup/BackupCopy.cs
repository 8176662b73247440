using Relay.Queue;
using SQLitePCL;

namespace Relay.Storage;

/// <summary>Copies one database or the content a copied database names into a folder, durably.</summary>
/// <remarks>
/// A copy is one read transaction of a connection of its own: the writer goes on, but cannot reuse the write-ahead log meanwhile. A log
/// that grows beyond its bound breaks the copy off, so that a backup never fills the disk mail needs.
/// </remarks>
internal sealed class BackupCopy(FileSync sync, TimeProvider time)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(200);

    /// <exception cref="StoreUnavailableException">The copy could not be made; nothing of it counts.</exception>
    public async Task CopyDatabaseAsync(string source, string target, long maxWalBytes, CancellationToken cancellationToken)
    {
        using var connection = SqliteConnection.OpenForCopy(source);
        var isTooLarge = WalBytes(source) > maxWalBytes;
        var copying = isTooLarge ? Task.CompletedTask : Task.Run(() => Vacuum(connection, target), CancellationToken.None);
        while (await Task.WhenAny(copying, Task.Delay(Look, time, CancellationToken.None)) != copying)
        {
            isTooLarge |= WalBytes(source) > maxWalBytes;
            if (isTooLarge || cancellationToken.IsCancellationRequested)
            {
                connection.Interrupt();
            }
        }

        try
        {
            await copying;
        }
        catch (SqliteException exception) when (exception.Code == raw.SQLITE_INTERRUPT)
        {
            cancellationToken.ThrowIfCancellationRequested();
            isTooLarge = true;
        }
        catch (SqliteException exception)
        {
            throw new StoreUnavailableException($"{Path.GetFileName(source)} cannot be copied: {exception.Message}", exception);
        }

        if (isTooLarge)
        {
            throw new StoreUnavailableException(
                $"The write-ahead log of {Path.GetFileName(source)} grew beyond {maxWalBytes / (1024 * 1024)} MiB while it was copied; try again when less mail comes in.");
        }

        using var file = File.OpenHandle(target, FileMode.Open, FileAccess.ReadWrite);
        sync.SyncFile(file);
    }

    /// <summary>Copies every content file the copied relay.db names; how many, and their octets.</summary>
    public async Task<(int Files, long Bytes)> CopyContentAsync(
        string copiedDatabase, SpoolFolder from, string target, Action<int>? progress, CancellationToken cancellationToken)
    {
        var files = 0;
        var bytes = 0L;
        foreach (var name in NamedFilesOf(copiedDatabase))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var path = PathOf(target, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var source = new FileStream(from.FinalPath(name), FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, 128 * 1024, FileOptions.Asynchronous))
            await using (var copy = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 128 * 1024, FileOptions.Asynchronous))
            {
                await source.CopyToAsync(copy, cancellationToken);
                await copy.FlushAsync(cancellationToken);
                sync.SyncFile(copy.SafeFileHandle);
                bytes += copy.Length;
            }

            progress?.Invoke(++files);
        }

        return (files, bytes);
    }

    private static void Vacuum(SqliteConnection connection, string target)
    {
        using var copy = connection.UseOnce("VACUUM INTO ?").Bind(target);
        copy.Run();
    }

    /// <summary>Where a backup keeps a content file.</summary>
    public static string PathOf(string folder, string name) => Path.Combine(folder, "spool", name[..2], name);

    /// <summary>The content files a copied relay.db names.</summary>
    public static List<string> NamedFilesOf(string database)
    {
        using var connection = SqliteConnection.OpenReadOnly(database);
        using var query = connection.UseOnce("SELECT DISTINCT file_name FROM content WHERE file_name IS NOT NULL");
        var names = new List<string>();
        while (query.Read())
        {
            names.Add(query.Text(0));
        }

        return names;
    }

    private static long WalBytes(string database)
    {
        var wal = new FileInfo(database + "-wal");
        return wal.Exists ? wal.Length : 0;
    }
}
