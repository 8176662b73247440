namespace Relay.Queue;

/// <summary>Durable content. Thread safe.</summary>
public interface ISpool
{
    /// <summary>Starts receiving content: in memory up to the inline limit, then in a temporary file.</summary>
    IContentWriter Begin();

    /// <summary>Opens stored content for reading from its start.</summary>
    /// <exception cref="SpoolException">The content is gone or cannot be read.</exception>
    ValueTask<Stream> OpenAsync(ContentReference content, CancellationToken cancellationToken);

    /// <summary>Deletes the file of content that was never enqueued or is released; a missing file is no error.</summary>
    ValueTask DeleteFileAsync(string fileName, CancellationToken cancellationToken);

    /// <summary>Deletes temporary files, and content files older than an hour that <paramref name="isReferenced"/> does not know; returns how many.</summary>
    ValueTask<int> SweepAsync(Func<string, ValueTask<bool>> isReferenced, CancellationToken cancellationToken);

    /// <summary>Cheap; never touches the disk.</summary>
    StoreHealth Health { get; }
}

/// <summary>Receives one message's content. Disposing before the commit deletes what was written.</summary>
public interface IContentWriter : IAsyncDisposable
{
    long LengthBytes { get; }

    /// <exception cref="SpoolException">The content could not be written.</exception>
    ValueTask WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken);

    /// <summary>Makes file content durable (file, then directory synced). Once begun it finishes or fails; there is no token.</summary>
    /// <param name="headerBytes">Octets of the header block with its blank line.</param>
    /// <exception cref="SpoolException">Any sync or write failed; nothing may be accepted.</exception>
    ValueTask<SpooledContent> CommitAsync(long headerBytes);
}

/// <summary>Content could not be made or kept durable, or is gone.</summary>
public sealed class SpoolException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>Can new mail be taken? <see cref="Reason"/> is a sentence for the operator when not.</summary>
public readonly record struct StoreHealth(bool IsHealthy, string? Reason)
{
    public static readonly StoreHealth Healthy = new(true, null);
}
