using Microsoft.Extensions.Logging;

namespace Relay.Storage;

/// <summary>Log texts of this project. Next free event id: 5014.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(5000, LogLevel.Information, "Opened {Folder}: SQLite {Version}, epoch {Epoch}, {Recovered} recipients returned from earlier leases")]
    public static partial void Opened(ILogger logger, string folder, string version, long epoch, int recovered);

    [LoggerMessage(5001, LogLevel.Error, "A commit of {Units} units to {Database}.db failed; nothing of it was stored")]
    public static partial void CommitFailed(ILogger logger, string database, int units, Exception exception);

    [LoggerMessage(5002, LogLevel.Error, "Rolling back in {Database}.db failed")]
    public static partial void RollbackFailed(ILogger logger, string database, Exception exception);

    [LoggerMessage(5003, LogLevel.Warning, "Checkpoint of {Database}.db failed; the write-ahead log keeps the pages")]
    public static partial void CheckpointFailed(ILogger logger, string database, Exception exception);

    [LoggerMessage(5004, LogLevel.Error, "A listener of committed changes failed")]
    public static partial void ListenerFailed(ILogger logger, Exception exception);

    [LoggerMessage(5005, LogLevel.Information, "{Database}.db can be written again")]
    public static partial void MediumHealed(ILogger logger, string database);

    [LoggerMessage(5006, LogLevel.Error, "The spool cannot make content durable")]
    public static partial void SpoolFailed(ILogger logger, Exception exception);

    [LoggerMessage(5007, LogLevel.Information, "The spool can make content durable again")]
    public static partial void SpoolHealed(ILogger logger);

    [LoggerMessage(5008, LogLevel.Warning, "Spool file {File} could not be deleted; the next sweep tries again")]
    public static partial void DeleteFailed(ILogger logger, string file, Exception exception);

    [LoggerMessage(5009, LogLevel.Information, "Swept {Count} files without owner from the spool")]
    public static partial void Swept(ILogger logger, int count);

    [LoggerMessage(5010, LogLevel.Information, "Closed {Folder}")]
    public static partial void Closed(ILogger logger, string folder);

    [LoggerMessage(5011, LogLevel.Error, "The hand-off journal cannot be written; a new one is tried in 10 s")]
    public static partial void HandoffJournalFailed(ILogger logger, Exception exception);

    [LoggerMessage(5012, LogLevel.Error, "The disk of {Database}.db is nearly full: {Reason} See queue.min_free_disk")]
    public static partial void DiskLow(ILogger logger, string database, string reason);

    [LoggerMessage(5013, LogLevel.Information, "The disk of {Database}.db has room again")]
    public static partial void DiskHealed(ILogger logger, string database);
}
