using System.Buffers;
using System.Globalization;
using System.Text;
using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>Sends one message's content by BDAT, octet for octet (RFC 3030 §2).</summary>
/// <remarks>
/// 1. Content gathers into chunks; each leaves with its command in one write. 2. Several may be under way where the peer pipelines; their
/// replies are read before more follow. 3. A refused chunk ends it: replies still due are read and count no more. 4. The reply to the last
/// chunk decides. The first chunk is sent only when a recipient was accepted, so that no peer reads content as commands.
/// </remarks>
internal sealed class ChunkWriter : IDisposable
{
    private const int MinBufferBytes = 4 * 1024;
    private const int MaxChunkBytes = 256 * 1024;

    // "BDAT 262144 LAST" and CRLF stand in front of the chunk.
    private const int CommandBytes = 32;

    private readonly SmtpClientConnection _connection;
    private readonly SmtpClientTimeouts _timeouts;
    private readonly int _window;
    private readonly bool _isText;
    private readonly byte[] _buffer;
    private readonly int _end;
    private int _filled = CommandBytes;
    private int _due;
    private byte _beforeLast;
    private byte _last;
    private bool _hasContent;

    /// <param name="window">Chunks whose replies may be due at the same time.</param>
    public ChunkWriter(SmtpClientConnection connection, SmtpClientTimeouts timeouts, ClientTransaction transaction, int window)
    {
        _connection = connection;
        _timeouts = timeouts;
        _window = window;
        _isText = transaction.Envelope.BodyType != BodyType.BinaryMime;
        _end = (int)Math.Clamp(transaction.SizeBytes + CommandBytes + 2, MinBufferBytes, MaxChunkBytes + CommandBytes);
        _buffer = ArrayPool<byte>.Shared.Rent(_end);
    }

    /// <summary>The reply that refused a chunk; null while all were taken.</summary>
    public SmtpReply? Refusal { get; private set; }

    /// <summary>The peer does not know the command at all.</summary>
    public bool IsUnknownCommand { get; private set; }

    public bool IsLastSent { get; private set; }

    /// <summary>The positive reply to the last chunk.</summary>
    public SmtpReply? Final { get; private set; }

    /// <summary>False when the peer has refused a chunk: the rest need not come.</summary>
    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        while (!content.IsEmpty)
        {
            if (_filled == _end && !await SendChunkAsync(isLast: false, cancellationToken))
            {
                return false;
            }

            var length = Math.Min(content.Length, _end - _filled);
            content.Span[..length].CopyTo(_buffer.AsSpan(_filled));
            Remember(content.Span[..length]);
            _filled += length;
            content = content[length..];
        }

        return true;
    }

    /// <summary>Sends the rest and reads all replies still due; returns the refusal, null when the message was taken.</summary>
    public async ValueTask<SmtpReply?> FinishAsync(CancellationToken cancellationToken)
    {
        // Text ends with a line end, as behind DATA; binary content ends where it ends.
        if (_isText && _hasContent && !(_beforeLast == '\r' && _last == '\n') && !await WriteAsync("\r\n"u8.ToArray(), cancellationToken))
        {
            return Refusal;
        }

        await SendChunkAsync(isLast: true, cancellationToken);
        return Refusal;
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_buffer);

    private async ValueTask<bool> SendChunkAsync(bool isLast, CancellationToken cancellationToken)
    {
        if (_due == 0)
        {
            _connection.ThrowIfAhead(TransactionStep.Content);
        }

        var octets = _filled - CommandBytes;
        var command = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"BDAT {octets}{(isLast ? " LAST" : string.Empty)}\r\n"));
        command.CopyTo(_buffer, CommandBytes - command.Length);
        _connection.Log.AddChunk(octets, isLast);
        await _connection.WriteAsync(_buffer.AsMemory(CommandBytes - command.Length, command.Length + octets), TransactionStep.Content, _timeouts.DataBlock, cancellationToken);
        IsLastSent = isLast;
        _filled = CommandBytes;
        _due++;
        while (_due > 0 && (isLast || _due >= _window))
        {
            await ReadReplyAsync(cancellationToken);
        }

        return Refusal is null;
    }

    private async ValueTask ReadReplyAsync(CancellationToken cancellationToken)
    {
        var step = IsLastSent ? TransactionStep.FinalDot : TransactionStep.Content;
        var reply = await _connection.ReadReplyAsync(step, IsLastSent ? _timeouts.DataTermination : _timeouts.DataBlock, cancellationToken);
        _due--;
        if (reply.Code == 421)
        {
            throw new SmtpProtocolException(step, reply, $"the peer closes the connection: {reply}");
        }

        if (Refusal is not null)
        {
            return;
        }

        if (reply.IsIntermediate)
        {
            throw _connection.Broken(step, $"the peer answered {reply.Code} to BDAT, which is against the protocol");
        }

        if (reply.IsPositive)
        {
            Final = IsLastSent && _due == 0 ? reply : null;
            return;
        }

        Refusal = reply;
        IsUnknownCommand = reply.Code is 500 or 502 or 504;
        while (_due > 0 && !IsUnknownCommand)
        {
            await ReadReplyAsync(cancellationToken);
        }
    }

    private void Remember(ReadOnlySpan<byte> piece)
    {
        _beforeLast = piece.Length > 1 ? piece[^2] : _last;
        _last = piece[^1];
        _hasContent = true;
    }
}
