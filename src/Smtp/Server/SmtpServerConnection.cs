using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Relay.Smtp.Server;

/// <summary>Moves bytes between one connection and its <see cref="SmtpServerSession"/>.</summary>
/// <remarks>
/// 1. Handshake first on an implicit TLS listener. 2. Greeting, or the policy's refusal. 3. Read a line, parse it, ask the session,
/// queue the reply; replies leave together while complete commands are buffered (RFC 2920 §3.2). 4. Follow the session's step: content,
/// AUTH response, TLS, close. 5. Every wait has its timeout, answered 421 before the connection is closed.
/// </remarks>
internal sealed class SmtpServerConnection : IAsyncDisposable
{
    private readonly SmtpServerOptions _options;
    private readonly SmtpServerLimits _limits;
    private readonly SmtpServerSession _session;
    private readonly SmtpTransport _transport;
    private readonly TimeProvider _time;
    private readonly SmtpMetrics _metrics;
    private readonly ILogger _logger;
    private readonly CommandLines _lines;
    private volatile bool _stopping;

    public SmtpServerConnection(
        IDuplexPipe pipe, SmtpServerSession session, SmtpServerOptions options, TimeProvider time, SmtpMetrics metrics, ILogger logger)
    {
        _options = options;
        _limits = options.Limits;
        _session = session;
        _time = time;
        _metrics = metrics;
        _logger = logger;
        _transport = new SmtpTransport(pipe, _limits, time);
        _lines = new CommandLines(_transport, _limits, mustStop: () => _stopping && _session.IsIdle);
    }

    /// <summary>Until the connection is over; never throws.</summary>
    public async Task RunAsync()
    {
        try
        {
            if (_options.Tls != SmtpTlsMode.Implicit || (TryGetTlsOptions() is { } tls && await HandshakeAsync(tls)))
            {
                await ConverseAsync();
            }

            await _transport.CloseAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            SmtpLog.ConnectionLost(_logger, e.Message);
        }
        catch (Exception e)
        {
            SmtpLog.SessionFailed(_logger, e);
        }
    }

    /// <summary>Ends the session as soon as no transaction is open. Thread safe.</summary>
    public void BeginStop()
    {
        _stopping = true;
        if (_session.IsIdle)
        {
            _transport.WakeUp();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _session.AbandonAsync();
        await _transport.DisposeAsync();
        _lines.Dispose();
    }

    private async ValueTask ConverseAsync()
    {
        SessionStep? next = await WaitForSilenceAsync() ?? await GuardAsync(_session.OpenAsync(_transport.Deadline), "connection");
        while (next is { } step)
        {
            await _session.ReleaseAsync();
            var tls = step.Next == SessionNext.Tls ? PrepareTls(ref step) : null;
            _transport.Write(step.Reply);
            if (step.Next == SessionNext.Close)
            {
                SmtpLog.ConnectionClosed(_logger, step.Reply.ToString());
                return;
            }

            next = await FollowAsync(step, tls);
        }
    }

    /// <summary>Null when the client let us speak first, as it must (RFC 5321 §3.1); otherwise the last step.</summary>
    private async ValueTask<SessionStep?> WaitForSilenceAsync()
    {
        if (_limits.GreetingDelay <= TimeSpan.Zero || _options.Tls == SmtpTlsMode.Implicit)
        {
            return null;
        }

        var read = await _transport.ReadAsync(_limits.GreetingDelay);
        if (read.Status is not (ReadStatus.Data or ReadStatus.Closed))
        {
            return read.Status == ReadStatus.Expired ? SessionStep.Close(ServerReplies.ConnectionTooOld) : null;
        }

        var hasSpoken = !read.Buffer.IsEmpty;
        _transport.AdvanceTo(read.Buffer.Start);
        if (!hasSpoken)
        {
            // Woken up because the server stops, or half closed: the greeting deals with either.
            return null;
        }

        _metrics.ConnectionRefused(_options.Listener, "early_talker");
        return SessionStep.Close(ServerReplies.EarlyTalker);
    }

    private async ValueTask<SessionStep?> FollowAsync(SessionStep step, SslServerAuthenticationOptions? tls)
    {
        await using var writer = step.Writer;
        if (!await _transport.FlushIfNeededAsync(step.EndsGroup))
        {
            return null;
        }

        return step.Next switch
        {
            SessionNext.Content => await ReceiveContentAsync(writer!),
            SessionNext.AuthResponse => await ReadAuthResponseAsync(),
            SessionNext.Tls => await HandshakeAsync(tls!) ? await ReadCommandAsync() : null,
            _ => await ReadCommandAsync(),
        };
    }

    private async ValueTask<SessionStep?> ReadCommandAsync()
    {
        var read = await _lines.ReadAsync();
        if (read.Status is not (LineStatus.Line or LineStatus.TooLong))
        {
            return read.Last;
        }

        if (read.Status == LineStatus.TooLong && _lines.LongLineIsAuth)
        {
            return _session.Refuse(ServerReplies.AuthLineTooLong);
        }

        if (read.Status == LineStatus.TooLong || (read.Line.Length + 2 > _limits.MaxCommandLineBytes && !IsAuth(read.Line.Span)))
        {
            return _session.Refuse(ServerReplies.LineTooLong);
        }

        var parsed = SmtpCommandParser.Parse(read.Line.Span);
        if (parsed.Command is SmtpCommand.Bdat bdat)
        {
            return await ReceiveChunkAsync(bdat);
        }

        var step = await GuardAsync(_session.HandleAsync(parsed, _transport.Deadline), SmtpMetrics.NameOf(parsed.Verb));
        _metrics.CommandAnswered(_options.Listener, parsed.Verb, step.Reply);
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            SmtpLog.CommandAnswered(_logger, SmtpMetrics.NameOf(parsed.Verb), step.Reply.ToString());
        }

        NoteLogin(step, (parsed.Command as SmtpCommand.Auth)?.Mechanism);
        return step;
    }

    private async ValueTask<SessionStep?> ReadAuthResponseAsync()
    {
        var mechanism = _session.Mechanism;
        var read = await _lines.ReadAsync();
        switch (read.Status)
        {
            case LineStatus.Line:
                var step = await GuardAsync(_session.ContinueAuthenticationAsync(read.Line, _transport.Deadline), "AUTH");
                NoteLogin(step, mechanism);
                return step;
            case LineStatus.TooLong:
                return _session.RefuseAuthenticationLine();
            default:
                return read.Last;
        }
    }

    private async ValueTask<SessionStep?> ReceiveContentAsync(IMessageWriter writer)
    {
        var receiver = new ContentReceiver(_transport, _limits, _time, _logger);
        var end = await receiver.ReceiveAsync(writer, _transport.Deadline);
        if (!end.IsComplete)
        {
            return end.Refusal is null ? null : SessionStep.Close(end.Refusal);
        }

        var step = await GuardAsync(_session.FinishContentAsync(writer, end.Refusal), "content");
        _metrics.MessageAnswered(_options.Listener, step.Reply, end.Bytes);
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            SmtpLog.ContentAnswered(_logger, end.Bytes, step.Reply.ToString());
        }

        return step;
    }

    private async ValueTask<SessionStep?> ReceiveChunkAsync(SmtpCommand.Bdat bdat)
    {
        var plan = await PlanChunkAsync(bdat);
        if (plan.Closes)
        {
            return SessionStep.Close(plan.Refusal!);
        }

        var receiver = new ChunkReceiver(_transport, _limits, _time);
        var end = await receiver.ReceiveAsync(bdat.SizeBytes, plan.Content, _transport.Deadline);
        if (!end.IsComplete)
        {
            return end.Refusal is null ? null : SessionStep.Close(end.Refusal);
        }

        var step = await GuardAsync(_session.FinishChunkAsync(bdat, plan), "BDAT");
        _metrics.CommandAnswered(_options.Listener, SmtpVerb.Bdat, step.Reply);
        if (plan.Content is { } content && (bdat.IsLast || !step.Reply.IsPositive))
        {
            _metrics.MessageAnswered(_options.Listener, step.Reply, content.Bytes);
            SmtpLog.ContentAnswered(_logger, content.Bytes, step.Reply.ToString());
        }

        return step;
    }

    // Whatever goes wrong before the chunk is read: it has to be read, or its octets would be taken for commands.
    private async ValueTask<ChunkPlan> PlanChunkAsync(SmtpCommand.Bdat bdat)
    {
        try
        {
            return await _session.BeginChunkAsync(bdat, _logger, _transport.Deadline);
        }
        catch (OperationCanceledException) when (_transport.Deadline.IsCancellationRequested)
        {
            return new ChunkPlan(null, ServerReplies.ConnectionTooOld, Closes: true);
        }
        catch (Exception e)
        {
            SmtpLog.CommandFailed(_logger, e, "BDAT");
            return new ChunkPlan(null, ServerReplies.LocalTrouble);
        }
    }

    // An AUTH command may be as long as its initial response needs (RFC 4954 §4).
    private static bool IsAuth(ReadOnlySpan<byte> line) => line.Length > 5 && Ascii.EqualsIgnoreCase(line[..5], "AUTH "u8);

    /// <summary>What must be sure before 220: that nothing came along behind STARTTLS (RFC 3207 §4.2), and that there is a certificate.</summary>
    private SslServerAuthenticationOptions? PrepareTls(ref SessionStep step)
    {
        if (_transport.HasBufferedInput())
        {
            step = SessionStep.Close(ServerReplies.BytesBehindStartTls);
            return null;
        }

        var options = TryGetTlsOptions();
        if (options is null)
        {
            step = _session.Refuse(ServerReplies.TlsUnavailable);
        }

        return options;
    }

    private SslServerAuthenticationOptions? TryGetTlsOptions()
    {
        try
        {
            return _options.TlsOptions!();
        }
        catch (Exception e)
        {
            SmtpLog.TlsOptionsFailed(_logger, e);
            return null;
        }
    }

    private async ValueTask<bool> HandshakeAsync(SslServerAuthenticationOptions options)
    {
        try
        {
            var info = await _transport.UpgradeAsync(name => _options.TlsOptionsFor(name) ?? options, _options.ClientCertificates(), _limits.TlsHandshakeTimeout);
            _session.TlsEstablished(info);
            _metrics.HandshakeEnded(_options.Listener, succeeded: true);
            SmtpLog.TlsEstablished(_logger, info.Protocol, info.CipherSuite);
            return true;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or OperationCanceledException)
        {
            _metrics.HandshakeEnded(_options.Listener, succeeded: false);
            SmtpLog.TlsFailed(_logger, _session.Facts.Peer, _options.Listener, e.InnerException?.Message ?? e.Message);
            return false;
        }
    }

    /// <summary>Trouble in policy or sink is ours, not the client's: a temporary refusal, and the session goes on.</summary>
    private async ValueTask<SessionStep> GuardAsync(ValueTask<SessionStep> work, string what)
    {
        try
        {
            return await work;
        }
        catch (OperationCanceledException) when (_transport.Deadline.IsCancellationRequested)
        {
            return SessionStep.Close(ServerReplies.ConnectionTooOld);
        }
        catch (Exception e)
        {
            SmtpLog.CommandFailed(_logger, e, what);
            return _session.Fail();
        }
    }

    private void NoteLogin(SessionStep step, string? mechanism)
    {
        if (mechanism is null || step.Next == SessionNext.AuthResponse)
        {
            return;
        }

        // The name is a client's text until the session has taken it for one of ours.
        var label = SaslServer.IsKnown(mechanism) ? mechanism : "other";
        _metrics.LoginDecided(_options.Listener, label, step.Reply);
        if (!step.Reply.IsPositive)
        {
            SmtpLog.LoginFailed(_logger, _session.Facts.Peer, _options.Listener, label, step.Reply.ToString());
        }
    }
}
