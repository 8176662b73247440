using Relay.Queue;

namespace Relay.Storage;

/// <summary>How one database file is written.</summary>
internal sealed record WriterOptions
{
    /// <summary><c>relay</c> or <c>history</c>; label of metrics, part of messages.</summary>
    public required string Name { get; init; }

    public required string Path { get; init; }

    /// <summary>One sync serves at most so many units; more would only lengthen the wait of the first.</summary>
    public int MaxGroupUnits { get; init; } = 256;

    public int MaxGroupBytes { get; init; } = 8 * 1024 * 1024;

    /// <summary>Outcomes wait so long for the next mail behind mail, so that one sync serves both.</summary>
    public TimeSpan OutcomePatience { get; init; } = TimeSpan.FromMilliseconds(2);

    /// <summary>While mail keeps coming, outcomes are written no more often than this, so that several share the pages they change.</summary>
    public TimeSpan OutcomeSpacing { get; init; } = TimeSpan.FromMilliseconds(3);

    public int CacheBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>The WAL is moved into the database whenever it grew by this much.</summary>
    public int CheckpointBytes { get; init; } = 16 * 1024 * 1024;

    /// <summary>Below this the store reports itself unhealthy; 0 switches the check off.</summary>
    public long MinFreeDiskBytes { get; init; }

    public static WriterOptions From(StorageOptions options, string name, string fileName) => new()
    {
        Name = name,
        Path = System.IO.Path.Combine(options.DataFolder, fileName),
        MinFreeDiskBytes = options.MinFreeDiskBytes,
    };
}

/// <summary>The health of one medium: a fault that a later commit heals, and lack of space.</summary>
internal sealed class MediumHealth
{
    private volatile string? _fault;
    private volatile string? _lowDisk;

    public StoreHealth Current => (_fault ?? _lowDisk) is { } reason ? new StoreHealth(false, reason) : StoreHealth.Healthy;

    public bool HasFault => _fault is not null;

    public void Fault(string reason) => _fault = reason;

    public void Heal() => _fault = null;

    /// <param name="reason">Null: there is enough.</param>
    /// <returns>True when it has become too little, or enough again.</returns>
    public bool LowDisk(string? reason)
    {
        var isTurn = (reason is null) != (_lowDisk is null);
        _lowDisk = reason;
        return isTurn;
    }
}
