using System.Buffers;
using System.IO.Pipelines;
using System.Net.Security;
using Relay.Mail;

namespace Relay.Smtp.Server;

internal enum ReadStatus
{
    /// <summary>There are bytes; after <see cref="SmtpTransport.WakeUp"/> they may be none or the same as before.</summary>
    Data,

    /// <summary>The client sends nothing more; the buffer holds what was left.</summary>
    Closed,

    /// <summary>The client takes nothing more.</summary>
    Gone,

    /// <summary>The step's timeout passed.</summary>
    TimedOut,

    /// <summary>The connection's deadline passed.</summary>
    Expired,
}

/// <summary>What a read gave; the caller advances the reader for <see cref="ReadStatus.Data"/> and <see cref="ReadStatus.Closed"/> only.</summary>
internal readonly record struct TransportRead(ReadStatus Status, ReadOnlySequence<byte> Buffer);

/// <summary>The bytes of one connection, plain or under TLS, with a timeout on every wait.</summary>
internal sealed class SmtpTransport : IAsyncDisposable
{
    // Replies to a pipelined flood are sent before they pile up.
    private const int MaxUnflushedBytes = 4096;

    private readonly IDuplexPipe _plain;
    private readonly TimeProvider _time;
    private readonly TimeSpan _writeTimeout;
    private readonly CancellationTokenSource _deadline;
    private readonly CancellationTokenRegistration _onDeadline;
    private readonly StepDeadline _step;
    private TlsUpgrade? _tls;
    private volatile Wait _wait;
    private int _unflushed;

    public SmtpTransport(IDuplexPipe plain, SmtpServerLimits limits, TimeProvider time)
    {
        _plain = plain;
        _time = time;
        _writeTimeout = limits.CommandTimeout;
        _step = new StepDeadline(time, CancelWaits);
        _deadline = new CancellationTokenSource(limits.ConnectionDeadline, time);
        _onDeadline = _deadline.Token.UnsafeRegister(static state => ((SmtpTransport)state!).CancelWaits(), this);
    }

    private enum Wait
    {
        None,
        Read,
        Flush,
        Goodbye,
    }

    /// <summary>Cancelled when the whole connection has been open too long.</summary>
    public CancellationToken Deadline => _deadline.Token;

    private PipeReader Input => _tls?.Input ?? _plain.Input;

    private PipeWriter Output => _tls?.Output ?? _plain.Output;

    /// <summary>Sends what is queued, then waits for input; returns at once when some is buffered that was not looked at.</summary>
    public async ValueTask<TransportRead> ReadAsync(TimeSpan timeout)
    {
        if (!Input.TryRead(out var result))
        {
            if (!await FlushAsync())
            {
                return new TransportRead(ReadStatus.Gone, default);
            }

            _wait = Wait.Read;
            if (_deadline.IsCancellationRequested)
            {
                return new TransportRead(ReadStatus.Expired, default);
            }

            _step.Start(timeout);
            result = await Input.ReadAsync(CancellationToken.None);
            _wait = Wait.None;
        }

        if (result.IsCanceled && FailureOfWait() is { } failure)
        {
            Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
            return new TransportRead(failure, default);
        }

        _step.Stop();
        return new TransportRead(result.IsCompleted ? ReadStatus.Closed : ReadStatus.Data, result.Buffer);
    }

    public void AdvanceTo(SequencePosition consumed) => Input.AdvanceTo(consumed);

    public void AdvanceTo(SequencePosition consumed, SequencePosition examined) => Input.AdvanceTo(consumed, examined);

    /// <summary>True when bytes wait that nobody has looked at.</summary>
    public bool HasBufferedInput()
    {
        if (!Input.TryRead(out var result))
        {
            return false;
        }

        var any = !result.Buffer.IsEmpty;
        Input.AdvanceTo(result.Buffer.Start);
        return any;
    }

    /// <summary>Queues a reply; it leaves with the next flush.</summary>
    public void Write(SmtpReply reply) => _unflushed += ReplyWriter.Write(Output, reply);

    /// <summary>Sends queued replies when they are due: at the end of a group, or before too many gather.</summary>
    public ValueTask<bool> FlushIfNeededAsync(bool endsGroup) =>
        endsGroup || _unflushed >= MaxUnflushedBytes ? FlushAsync() : ValueTask.FromResult(true);

    /// <summary>False when the client takes nothing more.</summary>
    public async ValueTask<bool> FlushAsync()
    {
        if (_unflushed == 0)
        {
            return true;
        }

        _unflushed = 0;
        var flush = Output.FlushAsync(CancellationToken.None);
        if (flush.IsCompletedSuccessfully)
        {
            return !flush.Result.IsCompleted;
        }

        _wait = Wait.Flush;
        _step.Start(_writeTimeout);
        while (true)
        {
            var result = await flush;
            if (!result.IsCanceled || FailureOfWait() is not null)
            {
                _wait = Wait.None;
                _step.Stop();
                return result is { IsCanceled: false, IsCompleted: false };
            }

            flush = Output.FlushAsync(CancellationToken.None);
        }
    }

    /// <summary>The server's side of a TLS handshake; later reads and writes go through it.</summary>
    public async ValueTask<TlsInfo> UpgradeAsync(
        Func<string, SslServerAuthenticationOptions> options, ClientCertificateRules? clients, TimeSpan timeout)
    {
        using var limit = new CancellationTokenSource(timeout, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _deadline.Token);
        _tls = await TlsUpgrade.AcceptAsync(_plain, options, clients, both.Token);
        return _tls.Info;
    }

    /// <summary>Lets a waiting read return without bytes. Thread safe.</summary>
    public void WakeUp()
    {
        try
        {
            Input.CancelPendingRead();
        }
        catch (ObjectDisposedException)
        {
            // The connection has just ended by itself.
        }
    }

    /// <summary>Sends what is queued and says goodbye to TLS; what the client still sends is dropped.</summary>
    public async ValueTask CloseAsync()
    {
        if (await FlushAsync() && _tls is not null)
        {
            _wait = Wait.Goodbye;
            _step.Start(_writeTimeout);
            await _tls.CloseAsync();
            _wait = Wait.None;
            _step.Stop();
        }

        // Bytes left unread would turn the close into a reset, and a reset can overtake the last reply.
        while (_plain.Input.TryRead(out var rest))
        {
            var isLast = rest.IsCompleted || rest.Buffer.IsEmpty;
            _plain.Input.AdvanceTo(rest.Buffer.End);
            if (isLast)
            {
                break;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _step.Dispose();
        await _onDeadline.DisposeAsync();
        _deadline.Dispose();
        if (_tls is not null)
        {
            await _tls.DisposeAsync();
        }
    }

    private ReadStatus? FailureOfWait()
    {
        if (_deadline.IsCancellationRequested)
        {
            return ReadStatus.Expired;
        }

        return _step.HasPassed ? ReadStatus.TimedOut : null;
    }

    // Exactly the wait that is on: canceling a flush that has not begun would lose what it is to send.
    private void CancelWaits()
    {
        try
        {
            switch (_wait)
            {
                case Wait.Read:
                    Input.CancelPendingRead();
                    break;
                case Wait.Flush:
                    Output.CancelPendingFlush();
                    break;
                case Wait.Goodbye:
                    // The goodbye of TLS goes to the lower pipe directly.
                    _plain.Output.CancelPendingFlush();
                    break;
            }
        }
        catch (ObjectDisposedException)
        {
            // The connection ended while its timer fired: nothing waits any more. An exception in a timer would end the process.
        }
    }
}
