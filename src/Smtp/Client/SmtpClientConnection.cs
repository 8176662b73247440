using System.Buffers;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>Moves commands out and replies in over a stream; knows steps and timeouts, but not what a reply means.</summary>
/// <remarks>
/// Every trouble (timeout, lost connection, garbage) is a <see cref="SmtpProtocolException"/> and leaves the connection broken;
/// a cancelled caller gets <see cref="OperationCanceledException"/> and a broken connection too.
/// </remarks>
internal sealed class SmtpClientConnection : IAsyncDisposable
{
    private const int MinInputBytes = 4 * 1024;
    private const int MaxPendingReplies = 256;

    private readonly SmtpClientOptions _options;
    private readonly TimeProvider _time;
    private readonly StepDeadline _deadline;
    private readonly ArrayBufferWriter<byte> _commands = new(512);
    private readonly byte[] _input;
    private readonly ReplyReader _replies;
    private Stream _stream;
    private int _start;
    private int _end;
    private bool _isDisposed;

    public SmtpClientConnection(Stream stream, SmtpClientOptions options, TimeProvider time)
    {
        _stream = stream;
        _options = options;
        _time = time;
        _deadline = new StepDeadline(time);
        _replies = new ReplyReader(options.MaxReplyLineBytes, options.MaxReplyLines, options.MaxReplyBytes);
        _input = ArrayPool<byte>.Shared.Rent(Math.Max(MinInputBytes, options.MaxReplyLineBytes + 1));
        Log = new ConversationLog(options.MaxConversationBytes);
    }

    public ConversationLog Log { get; }

    public bool IsBroken { get; private set; }

    public bool IsLmtp => _options.IsLmtp;

    /// <summary>The peer said more than it was asked.</summary>
    public bool HasUnreadInput => _start < _end;

    public void Break() => IsBroken = true;

    /// <summary>Adds a command to the group that <see cref="FlushAsync"/> sends in one write.</summary>
    /// <param name="shown">What the log shows instead of a secret.</param>
    public void Append(string command, string? shown = null)
    {
        var start = _commands.WrittenCount;
        Encoding.UTF8.GetBytes(command, _commands);
        if (shown is null)
        {
            Log.AddCommand(_commands.WrittenSpan[start..]);
        }
        else
        {
            Log.AddCommand(shown);
        }

        _commands.Write("\r\n"u8);
    }

    public async ValueTask FlushAsync(TransactionStep step, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ThrowIfAhead(step);
        await WriteAsync(_commands.WrittenMemory, step, timeout, cancellationToken);
        _commands.Clear();
    }

    /// <summary>Sends one command and reads its reply.</summary>
    public async ValueTask<SmtpReply> AskAsync(string command, TransactionStep step, TimeSpan timeout, CancellationToken cancellationToken, string? shown = null)
    {
        Append(command, shown);
        await FlushAsync(step, timeout, cancellationToken);
        return await ReadReplyAsync(step, timeout, cancellationToken);
    }

    public async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, TransactionStep step, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ThrowIfBroken(step);
        using var scope = _deadline.Arm(timeout, cancellationToken);
        try
        {
            await _stream.WriteAsync(bytes, scope.Token);
            await _stream.FlushAsync(scope.Token);
        }
        catch (Exception trouble) when (IsTransportTrouble(trouble))
        {
            IsBroken = true;
            cancellationToken.ThrowIfCancellationRequested();
            var reply = await ReadPendingRefusalAsync(step, cancellationToken);
            var failure = trouble is OperationCanceledException
                ? $"the peer took no data for {StepNames.Of(timeout)} while {StepNames.Of(step)} was sent"
                : $"the connection was lost while {StepNames.Of(step)} was sent";
            throw Broken(step, failure, trouble, reply);
        }
    }

    public async ValueTask<SmtpReply> ReadReplyAsync(TransactionStep step, TimeSpan timeout, CancellationToken cancellationToken)
    {
        ThrowIfBroken(step);
        if (TryTakeReply(step) is { } buffered)
        {
            return buffered;
        }

        using var scope = _deadline.Arm(timeout, cancellationToken);
        try
        {
            while (true)
            {
                if (!await FillAsync(scope.Token))
                {
                    throw Broken(step, $"the peer closed the connection instead of replying to {StepNames.Of(step)}");
                }

                if (TryTakeReply(step) is { } reply)
                {
                    return reply;
                }
            }
        }
        catch (Exception trouble) when (IsTransportTrouble(trouble))
        {
            IsBroken = true;
            cancellationToken.ThrowIfCancellationRequested();
            throw Broken(step, trouble is OperationCanceledException
                ? $"no reply to {StepNames.Of(step)} within {StepNames.Of(timeout)}"
                : $"the connection was lost before the reply to {StepNames.Of(step)}", trouble);
        }
    }

    /// <summary>Puts TLS over the stream; nothing may be buffered.</summary>
    public async ValueTask<TlsInfo> UpgradeAsync(SslClientAuthenticationOptions options, TimeSpan timeout, CancellationToken cancellationToken)
    {
        const TransactionStep Step = TransactionStep.StartTls;
        ThrowIfBroken(Step);
        using var scope = _deadline.Arm(timeout, cancellationToken);
        var handshake = new TlsHandshake(_stream, options);
        _stream = handshake.Stream;
        try
        {
            var tls = await handshake.RunAsync(scope.Token);
            SmtpClientMetrics.Encrypted(tls);
            Log.AddNote($"{tls.Protocol} {tls.CipherSuite}, {(tls.IsVerified ? "verified" : "not verified")}");
            return tls;
        }
        catch (Exception trouble) when (IsTransportTrouble(trouble) || TlsHandshake.IsFailure(trouble))
        {
            IsBroken = true;
            cancellationToken.ThrowIfCancellationRequested();
            var failure = trouble is OperationCanceledException
                ? $"the TLS handshake took longer than {StepNames.Of(timeout)}"
                : handshake.Explain(trouble);
            Log.AddNote(failure);
            SmtpClientMetrics.Failed(Step);
            throw new SmtpProtocolException(Step, null, failure, trouble)
            {
                Handshake = handshake.IsCertificateRefused ? HandshakeFailure.Certificate : HandshakeFailure.Broken,
            };
        }
    }

    /// <summary>Ends TLS in order, so that the peer sees no truncation; best effort.</summary>
    public async ValueTask ShutdownTlsAsync(TimeSpan timeout)
    {
        if (IsBroken || _stream is not SslStream tls)
        {
            return;
        }

        using var scope = _deadline.Arm(timeout, CancellationToken.None);
        try
        {
            await tls.ShutdownAsync().WaitAsync(scope.Token);
        }
        catch (Exception trouble) when (IsTransportTrouble(trouble) || TlsHandshake.IsFailure(trouble))
        {
            IsBroken = true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        IsBroken = true;
        try
        {
            await _stream.DisposeAsync();
        }
        catch (Exception trouble) when (IsTransportTrouble(trouble))
        {
            // The connection is given up anyway.
        }

        _deadline.Dispose();
        ArrayPool<byte>.Shared.Return(_input);
    }

    public SmtpProtocolException Broken(TransactionStep step, string failure, Exception? inner = null, SmtpReply? reply = null)
    {
        IsBroken = true;
        SmtpClientMetrics.Failed(step);
        return new SmtpProtocolException(step, reply, failure, inner);
    }

    /// <summary>A peer that has spoken already is out of step: its next reply would be taken for the answer to what is to be sent now.</summary>
    public void ThrowIfAhead(TransactionStep step)
    {
        if (HasUnreadInput && !IsBroken)
        {
            var early = TryTakeReply(step);
            throw Broken(step, $"the peer spoke before {StepNames.Of(step)} was sent", reply: early is { Code: 421 } ? early : null);
        }
    }

    private void ThrowIfBroken(TransactionStep step)
    {
        if (IsBroken)
        {
            throw new SmtpProtocolException(step, null, "the connection is closed");
        }
    }

    private SmtpReply? TryTakeReply(TransactionStep step)
    {
        var status = _replies.Read(_input.AsSpan(_start, _end - _start), out var consumed);
        _start += consumed;
        switch (status)
        {
            case ReplyStatus.More:
                return null;
            case ReplyStatus.Complete:
                Log.AddReply(_replies.Reply!);
                SmtpClientMetrics.Replied(step, _replies.Reply!);
                return _replies.Reply;
            default:
                Log.AddNote($"unreadable reply: {_replies.Problem}");
                throw Broken(step, $"the peer's reply to {StepNames.Of(step)} is unreadable: {_replies.Problem}");
        }
    }

    // False at the end of the stream. The reader refuses lines that would not fit, so that there is always room.
    private async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_start > 0)
        {
            _input.AsSpan(_start, _end - _start).CopyTo(_input);
            _end -= _start;
            _start = 0;
        }

        var count = await _stream.ReadAsync(_input.AsMemory(_end), cancellationToken);
        _end += count;
        return count > 0;
    }

    /// <summary>
    /// A peer that closes early often says why first. While content is sent its first refusal counts for all; while a group of
    /// commands is sent only 421 does, since another refusal may concern one recipient.
    /// </summary>
    private async ValueTask<SmtpReply?> ReadPendingRefusalAsync(TransactionStep step, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.Timeouts.Quit, _time);
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            for (var i = 0; i < MaxPendingReplies; i++)
            {
                SmtpReply? reply;
                while ((reply = TryTakeReply(step)) is null)
                {
                    if (!await FillAsync(linked.Token))
                    {
                        return null;
                    }
                }

                if (reply.Code == 421 || (step == TransactionStep.Content && (reply.IsTemporary || reply.IsPermanent)))
                {
                    return reply;
                }
            }
        }
        catch (Exception trouble) when (IsTransportTrouble(trouble) || trouble is SmtpProtocolException)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        return null;
    }

    private static bool IsTransportTrouble(Exception trouble) =>
        trouble is OperationCanceledException or IOException or SocketException or ObjectDisposedException;
}
