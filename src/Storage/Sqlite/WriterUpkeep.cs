using Microsoft.Extensions.Logging;

namespace Relay.Storage;

/// <summary>What the writer does between groups: checkpoints, the disk's free space, and probing a medium that failed. On the writer's thread only.</summary>
internal sealed class WriterUpkeep(WriterOptions options, SqliteConnection connection, ILogger logger, StorageMetrics metrics)
{
    private const int PageBytes = 4096;
    private const int TicksPerDiskCheck = 5;

    // A reader that holds a snapshot must not hold up mail for long; the next idle moment tries again.
    private const int TruncateBusyTimeoutMs = 50;
    private const string Probe = "UPDATE meta SET value = value + 1 WHERE name = 'probe'";

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
        if (_sinceCheckpoint >= options.CheckpointBytes)
        {
            _sinceCheckpoint = 0;
            Checkpoint(truncate: false);
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

        if (!_committedSinceTick && _walBytes > 0)
        {
            Truncate();
        }

        _committedSinceTick = false;
    }

    public void Close() => Truncate();

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
            if (connection.Checkpoint(truncate))
            {
                _walBytes = 0;
                _sinceCheckpoint = 0;
            }
        }
        catch (SqliteException exception)
        {
            // Nothing is lost: the WAL keeps what could not be moved.
            StorageLog.CheckpointFailed(logger, options.Name, exception);
            if (exception.IsMediumFault)
            {
                Health.Fault($"{options.Name}.db cannot be written: {exception.Message}");
            }
        }
    }
}
