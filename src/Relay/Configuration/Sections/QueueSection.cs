namespace Relay;

/// <summary><c>[queue]</c>: what is kept between 250 and the last outcome.</summary>
internal sealed class QueueSection
{
    /// <summary>Where messages are kept. Default sqlite, the only store there is.</summary>
    [Setting(Hint = "docs/decisions/0001 says why there is no other store")]
    public QueueStoreKind Store { get; init; } = QueueStoreKind.Sqlite;

    /// <summary>Leased tasks in memory. Default 10000: enough to keep some hundred sites busy; memory does not grow with the queue.</summary>
    [Setting(Min = "1", Max = "1000000")]
    public int Window { get; init; } = 10_000;

    /// <summary>Content of leased tasks in memory. Default 64MiB, a small share of a small machine.</summary>
    [Setting(Min = "1MiB", Max = "64GiB")]
    public ByteSize WindowBytes { get; init; } = ByteSize.FromMiB(64);

    /// <summary>With less free space on the disk of <c>data</c> mail is answered 452. Default 256MiB: ten messages of the largest size.</summary>
    [Setting(Min = "0", Max = "1TiB")]
    public ByteSize MinFreeDisk { get; init; } = ByteSize.FromMiB(256);

    /// <summary>With less free space than this an alert is sent, and mail is still taken. Default twice <c>min_free_disk</c>: early enough to act; "0" warns never.</summary>
    [Setting(Min = "0", Max = "1TiB", Shown = "twice min_free_disk")]
    public ByteSize? WarnFreeDisk { get; init; }

    public ByteSize WarningAt => WarnFreeDisk ?? new ByteSize(MinFreeDisk.Bytes * 2);

    /// <summary>With more recipients waiting than this mail is answered 452. Default 5000000: some GiB of disk; "0" for no bound.</summary>
    [Setting(Min = "0", Max = "1000000000")]
    public int MaxWaiting { get; init; } = 5_000_000;

    /// <summary>Recipients on the suppression list: settled after 250, or refused with 550 5.7.1 (those of a stream where no header of the message may name another: <c>submission_headers = false</c>). Default accept: applications rarely handle refusals.</summary>
    [Setting]
    public SuppressedHandling Suppressed { get; init; } = SuppressedHandling.Accept;
}

internal enum QueueStoreKind
{
    Sqlite,
}

internal enum SuppressedHandling
{
    Accept,
    Reject,
}
