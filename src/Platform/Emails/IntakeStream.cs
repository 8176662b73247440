using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Lets a composer write into the intake; what goes beyond the limit is dropped and remembered.</summary>
internal sealed class IntakeStream(IncomingContent content, long limitBytes) : Stream
{
    /// <summary>Something did not fit; what was written is worth nothing.</summary>
    public bool IsFull { get; private set; }

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => content.LengthBytes;

    public override long Position
    {
        get => content.LengthBytes;
        set => throw new NotSupportedException();
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        IsFull |= content.LengthBytes + buffer.Length > limitBytes;
        return IsFull ? ValueTask.CompletedTask : content.WriteAsync(buffer, cancellationToken);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush()
    {
    }

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
