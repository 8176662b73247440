namespace Relay.Queue;

/// <summary>Content handed over by the spool: either in memory, to be stored in the enqueue transaction, or a file that is durable already.</summary>
public sealed record SpooledContent
{
    public required long SizeBytes { get; init; }

    public required long HeaderBytes { get; init; }

    /// <summary>Content up to the inline limit (256 KiB); null when it is in a file.</summary>
    public ReadOnlyMemory<byte>? Inline { get; init; }

    /// <summary>Name of the synced file in its synced directory; null when inline.</summary>
    public string? FileName { get; init; }
}
