using System.Buffers;
using System.IO.Pipelines;

namespace Relay.Smtp;

/// <summary>A pipe pair as a stream, for <see cref="System.Net.Security.SslStream"/> in the middle of a connection.</summary>
/// <remarks>Disposing leaves the pipes open: they belong to the connection.</remarks>
internal sealed class DuplexPipeStream(IDuplexPipe pipe) : Stream
{
    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await pipe.Input.ReadAsync(cancellationToken);
        if (result.IsCanceled)
        {
            pipe.Input.AdvanceTo(result.Buffer.Start);
            throw new OperationCanceledException("The pending read was canceled");
        }

        var taken = result.Buffer.Slice(0, Math.Min(buffer.Length, result.Buffer.Length));
        taken.CopyTo(buffer.Span);
        var length = (int)taken.Length;
        pipe.Input.AdvanceTo(taken.End);
        return length;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var result = await pipe.Output.WriteAsync(buffer, cancellationToken);
        ThrowIfUnusable(result);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        var result = await pipe.Output.FlushAsync(cancellationToken);
        ThrowIfUnusable(result);
    }

    public override void Flush() => throw new NotSupportedException("Asynchronous only");

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private static void ThrowIfUnusable(FlushResult result)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The pending write was canceled");
        }

        if (result.IsCompleted)
        {
            throw new IOException("The other side no longer reads");
        }
    }
}
