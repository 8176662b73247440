using System.Buffers;

namespace Relay.Smtp.Client;

/// <summary>Sends one message's content behind DATA: dotted, in large writes, each bounded by the block timeout.</summary>
/// <remarks>A message that fits the buffer leaves in one write, final dot included.</remarks>
internal sealed class DataWriter : IDisposable
{
    private const int MinBufferBytes = 4 * 1024;
    private const int MaxBufferBytes = 64 * 1024;

    private readonly SmtpClientConnection _connection;
    private readonly TimeSpan _blockTimeout;
    private readonly byte[] _buffer;
    private DotStuffer _dots;
    private int _filled;

    /// <param name="expectedBytes">Octets to come, as a hint for the buffer.</param>
    public DataWriter(SmtpClientConnection connection, TimeSpan blockTimeout, long expectedBytes)
    {
        _connection = connection;
        _blockTimeout = blockTimeout;
        _buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(expectedBytes + (expectedBytes / 64) + 64, MinBufferBytes, MaxBufferBytes));
    }

    /// <summary>Octets of content taken so far, without the dots.</summary>
    public long ContentBytes { get; private set; }

    /// <summary>Always true: behind DATA a peer has no way to say that it wants no more.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        ContentBytes += content.Length;
        while (true)
        {
            var taken = _dots.Copy(content.Span, _buffer.AsSpan(_filled), out var written);
            _filled += written;
            content = content[taken..];
            if (content.IsEmpty)
            {
                return true;
            }

            await FlushAsync(cancellationToken);
        }
    }

    /// <summary>Sends what is left, the final CRLF if it is missing, and the dot.</summary>
    public async ValueTask FinishAsync(CancellationToken cancellationToken)
    {
        if (_buffer.Length - _filled < DotStuffer.MaxEndBytes)
        {
            await FlushAsync(cancellationToken);
        }

        _filled += _dots.Finish(_buffer.AsSpan(_filled));
        await FlushAsync(cancellationToken);
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        await _connection.WriteAsync(_buffer.AsMemory(0, _filled), TransactionStep.Content, _blockTimeout, cancellationToken);
        _filled = 0;
    }
}
