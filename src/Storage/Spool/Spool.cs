using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Content: small in memory until the queue store writes it beside its envelope, large in synced files.</summary>
internal sealed class Spool : ISpool, IAsyncDisposable
{
    private const int ReadBufferBytes = 64 * 1024;
    private const string SelectInline = "SELECT body FROM content WHERE id = ?";

    private static readonly TimeSpan ProbeInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OrphanAge = TimeSpan.FromHours(1);

    private readonly SpoolFolder _folder;
    private readonly FileSync _sync;
    private readonly int _inlineLimit;
    private readonly SqliteReaders _readers;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly MediumHealth _health = new();
    private readonly ITimer _prober;

    /// <param name="readers">Of the database that holds inline content.</param>
    public Spool(StorageOptions options, SqliteReaders readers, FileSync sync, TimeProvider time, ILogger logger)
    {
        _sync = sync;
        _inlineLimit = options.InlineLimitBytes;
        _readers = readers;
        _time = time;
        _logger = logger;
        _folder = new SpoolFolder(options.DataFolder, sync);
        _prober = time.CreateTimer(static state => ((Spool)state!).Probe(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public StoreHealth Health => _health.Current;

    /// <summary>While it is held no content file is deleted.</summary>
    public DeletionPause Pause { get; } = new();

    /// <summary>Where the files are.</summary>
    public SpoolFolder Folder => _folder;

    public IContentWriter Begin() => new ContentWriter(_folder, _sync, _inlineLimit, ReportFault);

    public async ValueTask<Stream> OpenAsync(ContentReference content, CancellationToken cancellationToken)
    {
        if (content.FileName is not null)
        {
            return OpenFile(content.FileName);
        }

        try
        {
            var bytes = await _readers.ReadAsync(connection => ReadInline(connection, content.Id), cancellationToken);
            return bytes is null ? throw new SpoolException("The content is gone.") : new MemoryStream(bytes, writable: false);
        }
        catch (StoreUnavailableException exception)
        {
            throw new SpoolException("The content cannot be read: " + exception.Message, exception);
        }
    }

    public ValueTask DeleteFileAsync(string fileName, CancellationToken cancellationToken)
    {
        if (!Pause.Defers(fileName))
        {
            TryDelete(_folder.FinalPath(fileName));
        }

        return ValueTask.CompletedTask;
    }

    public async ValueTask<int> SweepAsync(Func<string, ValueTask<bool>> isReferenced, CancellationToken cancellationToken)
    {
        if (Pause.IsHeld)
        {
            return 0;
        }

        var swept = _folder.AbandonedTemporaryFiles().Count(TryDelete);
        var olderThan = _time.GetUtcNow() - OrphanAge;
        foreach (var path in _folder.ContentFiles())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (File.GetLastWriteTimeUtc(path) < olderThan.UtcDateTime && !await isReferenced(Path.GetFileName(path)) && TryDelete(path))
            {
                swept++;
            }
        }

        if (swept > 0)
        {
            StorageLog.Swept(_logger, swept);
        }

        return swept;
    }

    public ValueTask DisposeAsync() => _prober.DisposeAsync();

    private static byte[]? ReadInline(SqliteConnection connection, long contentId)
    {
        using var query = connection.Use(SelectInline).Bind(contentId);
        return query.Read() && !query.IsNull(0) ? query.Blob(0).ToArray() : null;
    }

    private FileStream OpenFile(string fileName)
    {
        try
        {
            return new FileStream(
                _folder.FinalPath(fileName),
                FileMode.Open,
                FileAccess.Read,
                FileShare.Read | FileShare.Delete,
                ReadBufferBytes,
                FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SpoolException("The content is gone or cannot be read: " + exception.Message, exception);
        }
    }

    private void ReportFault(Exception exception)
    {
        StorageLog.SpoolFailed(_logger, exception);
        _health.Fault("Content cannot be made durable: " + exception.Message);
        _prober.Change(ProbeInterval, ProbeInterval);
    }

    private void Probe()
    {
        var path = Path.Combine(_folder.Temporary, "probe");
        try
        {
            using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
            {
                RandomAccess.Write(file, "probe"u8, 0);
                _sync.SyncFile(file);
            }

            _sync.SyncFolder(_folder.Temporary);
            File.Delete(path);
            _prober.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _health.Heal();
            StorageLog.SpoolHealed(_logger);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _health.Fault("Content cannot be made durable: " + exception.Message);
        }
    }

    private bool TryDelete(string path)
    {
        try
        {
            File.Delete(path);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            StorageLog.DeleteFailed(_logger, Path.GetFileName(path), exception);
            return false;
        }
    }
}
