using Microsoft.Extensions.Logging;

namespace Relay.Storage;

/// <summary>What the writer does between groups: checkpoints, the disk's free space, and probing a medium that failed. For the thread that is writing.</summary>
/// <remarks>
/// The log is moved into the database beside the commits (<see cref="Checkpointer"/>), whenever it grew by <see cref="WriterOptions.CheckpointBytes"/>.
/// It begins anew only when all of it has been moved, so once it is long the writer moves what little a pass left, between two groups; where it is
/// far too long, commits wait for it.
/// </remarks>
internal sealed class WriterUpkeep(WriterOptions options, SqliteConnection connection, ILogger logger, StorageMetrics metrics) : IDisposable
{
    private const int PageBytes = 4096;
    private const int TicksPerDiskCheck = 5;

    // In portions of CheckpointBytes: from where on the log should begin anew, from where on it must.
    private const int LongLog = 4;
    private const int TooLongLog = 16;

    // A reader that holds a snapshot must not hold up mail for long; the next idle moment tries again.
    private const int TruncateBusyTimeoutMs = 50;
    private const string Probe = "UPDATE meta SET value = value + 1 WHERE name = 'probe'";

    private readonly Checkpointer _checkpointer = new(options.Path, options.Name);
    private long _walBytes;
    private long _sinceCheckpoint;
    private bool _committedSinceTick;
    private int _ticks;

    public MediumHealth Health { get; } = new();

    /// <summary>A commit that wrote anything proves that the medium works.</summary>
    public void Committed()
    {
        var written = (long)connection.TakePagesWritten() * PageBytes;
        if (written == 0)
        {
            return;
        }

        _walBytes += written;
        _sinceCheckpoint += written;
        _committedSinceTick = true;
        metrics.WalBytes(options.Name, _walBytes);
        Health.Heal();
    }

    public void CheckpointIfDue()
    {
        if (_walBytes >= (long)options.CheckpointBytes * TooLongLog)
        {
            _checkpointer.Wait();
        }

        TakePass();
        if (_sinceCheckpoint >= options.CheckpointBytes && _checkpointer.TryStart())
        {
            _sinceCheckpoint = 0;
        }
    }

    public void Tick()
    {
        if (_ticks++ % TicksPerDiskCheck == 0)
        {
            CheckFreeDisk();
        }

        if (Health.HasFault)
        {
            TryProbe();
        }

        TakePass();
        if (!_committedSinceTick && _walBytes > 0 && !_checkpointer.IsBusy)
        {
            Truncate();
        }

        _committedSinceTick = false;
    }

    /// <summary>Moves the whole WAL into the database.</summary>
    public void Dispose()
    {
        _checkpointer.Dispose();
        Truncate();
    }

    private void TakePass()
    {
        if (_checkpointer.TakeResult() is not { } pass)
        {
            return;
        }

        if (pass.Fault is { } fault)
        {
            Failed(fault);
            return;
        }

        if (pass.IsBusy)
        {
            return;
        }

        _walBytes = _sinceCheckpoint + ((long)pass.LogPages * PageBytes);
        var isShortRest = pass.IsComplete && _sinceCheckpoint <= options.CheckpointBytes / LongLog;
        if (_walBytes >= (long)options.CheckpointBytes * (isShortRest ? LongLog : TooLongLog))
        {
            Checkpoint(truncate: false);
        }
    }

    private void CheckFreeDisk()
    {
        if (options.MinFreeDiskBytes <= 0)
        {
            return;
        }

        var free = DiskSpace.FreeBytes(Path.GetDirectoryName(options.Path)!);
        var reason = free is { } known && known < options.MinFreeDiskBytes
            ? $"Only {known / (1024 * 1024)} MiB are free for data, at least {options.MinFreeDiskBytes / (1024 * 1024)} MiB are required."
            : null;
        if (Health.LowDisk(reason))
        {
            TellDisk(reason);
        }
    }

    private void TellDisk(string? reason)
    {
        if (reason is null)
        {
            StorageLog.DiskHealed(logger, options.Name);
        }
        else
        {
            StorageLog.DiskLow(logger, options.Name, reason);
        }
    }

    private void TryProbe()
    {
        try
        {
            connection.Use(Probe).Run();
            Health.Heal();
            StorageLog.MediumHealed(logger, options.Name);
        }
        catch (SqliteException exception)
        {
            Health.Fault($"{options.Name}.db cannot be written: {exception.Message}");
        }
    }

    private void Truncate()
    {
        connection.SetBusyTimeout(TruncateBusyTimeoutMs);
        Checkpoint(truncate: true);
        connection.RestoreBusyTimeout();
    }

    private void Checkpoint(bool truncate)
    {
        try
        {
            if (connection.Checkpoint(truncate).IsComplete)
            {
                _walBytes = 0;
                _sinceCheckpoint = 0;
            }
        }
        catch (SqliteException exception)
        {
            Failed(exception);
        }
    }

    // Nothing is lost: the WAL keeps what could not be moved.
    private void Failed(SqliteException exception)
    {
        StorageLog.CheckpointFailed(logger, options.Name, exception);
        if (exception.IsMediumFault)
        {
            Health.Fault($"{options.Name}.db cannot be written: {exception.Message}");
        }
    }
}
