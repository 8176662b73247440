using Relay.Queue;

namespace Relay.Storage;

/// <summary>Where and how everything durable is kept.</summary>
public sealed record StorageOptions
{
    /// <summary>Folder of both databases, the spool and the lock; created when missing.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Content up to this size lies in the database beside its envelope (one sync for both); larger content in a file. 256 KiB: measured crossover.</summary>
    public int InlineLimitBytes { get; init; } = 256 * 1024;

    /// <summary>Below this the queue reports itself unhealthy and the doors answer 452. Default 256 MiB: room to settle what is in flight; 0 switches the check off.</summary>
    public long MinFreeDiskBytes { get; init; } = 256L * 1024 * 1024;

    /// <summary>A backup that makes a write-ahead log grow beyond this is broken off. Default 1 GiB.</summary>
    public long MaxBackupWalBytes { get; init; } = 1024L * 1024 * 1024;

    /// <summary>What is kept of finished mail: content that is not, goes with the settlement that finishes it. Null: it waits for the rounds of retention.</summary>
    public RetentionOptions? Retention { get; init; }

    /// <summary>Reading connections of relay.db; history.db has as many.</summary>
    public int Readers { get; init; } = 4;

    /// <summary>Whether hand-overs are noted, so that a crash leaves few recipients in doubt.</summary>
    public bool HandoffJournal { get; init; } = true;

    /// <summary>Size of the journal at first; it doubles where more is in flight at once. 4 MiB: some twenty thousand messages before what is settled is left out.</summary>
    public int HandoffJournalBytes { get; init; } = 4 * 1024 * 1024;
}
