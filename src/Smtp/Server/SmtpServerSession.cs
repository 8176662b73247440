using Microsoft.Extensions.Logging;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>The state of one SMTP session: a command in, a reply and the next step out (RFC 5321 §3 and §4.1.4).</summary>
/// <remarks>
/// Touches no bytes and no clock; asks policy and sink. The order of checks is the same for every verb: syntax, phase, TLS,
/// authentication, then the verb's own method. Not thread safe.
/// </remarks>
internal sealed class SmtpServerSession
{
    private readonly SmtpServerOptions _options;
    private readonly ISmtpPolicy _policy;
    private readonly IMessageSink _sink;
    private readonly SessionBudget _budget;
    private readonly SessionAuthentication _authentication;
    private readonly TimeProvider _time;
    private readonly Mailbox _postmaster;

    private Transaction? _transaction;
    private ChunkedContent? _chunks;
    private SmtpReply? _identityRefusal;
    private ChunkedContent? _spentChunks;

    public SmtpServerSession(SmtpServerOptions options, ISmtpPolicy policy, IMessageSink sink, SmtpSession facts, TimeProvider time)
    {
        _options = options;
        _policy = policy;
        _sink = sink;
        _budget = new SessionBudget(options.Limits);
        _authentication = new SessionAuthentication(policy, _budget, login => Facts = Facts!.LoggedInAs(login));
        _postmaster = Mailbox.Parse("postmaster@" + options.Hostname);
        _time = time;
        Facts = facts;
    }

    /// <summary>What policy and sink know of this session.</summary>
    public SmtpSession Facts { get; private set; }

    public SessionPhase Phase { get; private set; } = SessionPhase.Connected;

    /// <summary>Upper-case name of the running AUTH exchange's mechanism; null outside one.</summary>
    public string? Mechanism => _authentication.Mechanism;

    /// <summary>No transaction and no AUTH exchange is open. May be asked from another thread, and then be a moment old.</summary>
    public bool IsIdle => Phase is SessionPhase.Connected or SessionPhase.Ready && !_authentication.IsRunning;

    private bool IsKnown => Facts.Login is not null || Facts.IsCertified;

    private bool OffersTls =>
        _options.Tls is SmtpTlsMode.StartTls or SmtpTlsMode.Required && _options.TlsOptions is not null && Facts.Tls is null;

    /// <summary>The greeting, or the policy's refusal instead of it.</summary>
    public async ValueTask<SessionStep> OpenAsync(CancellationToken cancellationToken)
    {
        var refusal = await _policy.ConnectAsync(Facts, cancellationToken);
        return refusal is null
            ? new SessionStep(SmtpReply.Of(220, _options.Hostname + " ESMTP"), SessionNext.Command, true, null)
            : SessionStep.Close(refusal);
    }

    /// <summary>One command line.</summary>
    public async ValueTask<SessionStep> HandleAsync(ParsedCommand parsed, CancellationToken cancellationToken)
    {
        var rule = CommandRules.For(parsed.Verb);
        if (parsed.Verb == SmtpVerb.Foreign || (parsed.Verb == SmtpVerb.Bdat && parsed.Error is not null))
        {
            return SessionStep.Close(parsed.Error!);
        }

        if (Facts.CredentialId is not null && parsed.Verb != SmtpVerb.Quit && await _policy.ContinueAsync(Facts, cancellationToken) is { } ended)
        {
            return SessionStep.Close(ended);
        }

        var step = Refusal(parsed, rule) is { } refusal
            ? SessionStep.Answer(refusal)
            : await ExecuteAsync(parsed.Command!, cancellationToken);
        if (step.Next == SessionNext.Close)
        {
            return step;
        }

        return _budget.Allows(step.Reply, rule)
            ? step with { EndsGroup = step.EndsGroup || rule.EndsGroup }
            : SessionStep.Close(_budget.Farewell);
    }

    /// <summary>A line that could not even become a command.</summary>
    public SessionStep Refuse(SmtpReply reply) => Counted(SessionStep.Answer(reply));

    /// <summary>Policy or sink failed: a temporary refusal that is not held against the client.</summary>
    public SessionStep Fail()
    {
        var reply = _authentication.IsRunning ? _authentication.End(ServerReplies.AuthUnavailable).Reply : ServerReplies.LocalTrouble;
        return Phase == SessionPhase.Connected && Facts.HelloName is null
            ? SessionStep.Close(ServerReplies.CannotServe)
            : new SessionStep(reply, SessionNext.Command, true, null);
    }

    /// <summary>TLS is up: everything the client said before it is forgotten (RFC 3207 §4.2).</summary>
    public void TlsEstablished(TlsInfo tls)
    {
        EndTransaction();
        Phase = SessionPhase.Connected;
        Facts = Facts.UnderTls(tls);
    }

    /// <summary>One line of a running AUTH exchange.</summary>
    public async ValueTask<SessionStep> ContinueAuthenticationAsync(ReadOnlyMemory<byte> line, CancellationToken cancellationToken) =>
        Counted(await _authentication.ContinueAsync(Facts, line, cancellationToken));

    /// <summary>A line of a running AUTH exchange over the limit (RFC 4954 §4); ends the exchange.</summary>
    public SessionStep RefuseAuthenticationLine() => Counted(_authentication.End(ServerReplies.AuthLineTooLong));

    /// <summary>What is to be done with the octets of this chunk; asked before they are read.</summary>
    public async ValueTask<ChunkPlan> BeginChunkAsync(SmtpCommand.Bdat bdat, ILogger logger, CancellationToken cancellationToken)
    {
        if (bdat.SizeBytes / ContentReceiver.OversizeFactor > _options.Limits.MaxMessageSizeBytes)
        {
            return new ChunkPlan(null, ServerReplies.ChunkTooLarge, Closes: true);
        }

        if (Facts.CredentialId is not null && await _policy.ContinueAsync(Facts, cancellationToken) is { } ended)
        {
            return new ChunkPlan(null, ended, Closes: true);
        }

        if (Refusal(ParsedCommand.Of(bdat), CommandRules.For(SmtpVerb.Bdat)) is { } refusal)
        {
            return new ChunkPlan(null, refusal);
        }

        if (_chunks is null)
        {
            var begun = await _sink.BeginAsync(Facts, _transaction!.Freeze(), cancellationToken);
            if (begun.Writer is null)
            {
                return new ChunkPlan(null, begun.Refusal ?? ServerReplies.LocalTrouble);
            }

            _chunks = new ChunkedContent(begun.Writer, _options.Limits, logger);
            Phase = SessionPhase.Chunks;
        }

        return new ChunkPlan(_chunks, null);
    }

    /// <summary>The octets of the chunk were read. A refused chunk ends its transaction; those behind it are refused, too (RFC 3030 §2).</summary>
    public async ValueTask<SessionStep> FinishChunkAsync(SmtpCommand.Bdat bdat, ChunkPlan plan)
    {
        var refusal = plan.Refusal ?? await plan.Content!.EndChunkAsync(bdat.IsLast);
        if (refusal is null && !bdat.IsLast)
        {
            return bdat.SizeBytes > 0 ? SessionStep.Answer(ServerReplies.ChunkTaken) : Counted(SessionStep.Answer(ServerReplies.EmptyChunk), SmtpVerb.Noop);
        }

        EndTransaction();
        return await FinishContentAsync(plan.Content?.Writer, refusal);
    }

    /// <summary>Lets go of chunked content whose transaction is over.</summary>
    public async ValueTask ReleaseAsync()
    {
        if (_spentChunks is { } spent)
        {
            _spentChunks = null;
            await spent.Writer.DisposeAsync();
        }
    }

    /// <summary>The connection is over: nothing that was begun is kept.</summary>
    public ValueTask AbandonAsync()
    {
        EndTransaction();
        return ReleaseAsync();
    }

    /// <summary>The content has arrived whole: commit it, or say what is wrong with it. Ends the transaction either way.</summary>
    /// <param name="writer">Not asked where there is a refusal.</param>
    public async ValueTask<SessionStep> FinishContentAsync(IMessageWriter? writer, SmtpReply? refusal)
    {
        EndTransaction();
        var reply = refusal ?? await writer!.CommitAsync();
        if (reply.IsPositive)
        {
            _budget.MessageAccepted();
        }

        if (refusal == ServerReplies.ContentBareLineEnding)
        {
            // Whoever sends these may be trying to smuggle a second message past another server; it gets no second try here.
            return SessionStep.Close(refusal);
        }

        return Counted(SessionStep.Answer(reply));
    }

    private SmtpReply? Refusal(ParsedCommand parsed, CommandRule rule)
    {
        if (parsed.Error is not null)
        {
            return parsed.Error;
        }

        if ((rule.Phases & Phase) == 0)
        {
            return CommandRules.OutOfOrder(parsed.Verb, Phase);
        }

        if (rule.NeedsTls && _options.Tls == SmtpTlsMode.Required && Facts.Tls is null)
        {
            return ServerReplies.TlsRequired;
        }

        return rule.NeedsAuthentication && _options.RequiresAuthentication && !IsKnown && !_options.AuthenticationExempt(Facts)
            ? ServerReplies.AuthRequired
            : null;
    }

    private ValueTask<SessionStep> ExecuteAsync(SmtpCommand command, CancellationToken cancellationToken) => command switch
    {
        SmtpCommand.Rcpt rcpt => RcptAsync(rcpt, cancellationToken),
        SmtpCommand.Mail mail => MailAsync(mail, cancellationToken),
        SmtpCommand.Hello hello => HelloAsync(hello, cancellationToken),
        SmtpCommand.Auth auth => _authentication.BeginAsync(Facts, auth, OffersTls, cancellationToken),
        { Verb: SmtpVerb.Data } => DataAsync(cancellationToken),
        { Verb: SmtpVerb.Rset } => Done(Rset()),
        { Verb: SmtpVerb.Noop } => Done(ServerReplies.Ok),
        { Verb: SmtpVerb.Vrfy } => Done(ServerReplies.CannotVerify),
        { Verb: SmtpVerb.Expn } => Done(ServerReplies.NotImplemented),
        { Verb: SmtpVerb.Help } => Done(ServerReplies.Help),
        { Verb: SmtpVerb.StartTls } => ValueTask.FromResult(StartTls()),
        { Verb: SmtpVerb.Quit } => ValueTask.FromResult(SessionStep.Close(ServerReplies.Bye)),
        _ => throw new InvalidOperationException($"{command.Verb} has a rule but no method"),
    };

    private static ValueTask<SessionStep> Done(SmtpReply reply) => ValueTask.FromResult(SessionStep.Answer(reply));

    // A second EHLO also ends a transaction (RFC 5321 §4.1.4); who authenticated stays who he is.
    private async ValueTask<SessionStep> HelloAsync(SmtpCommand.Hello hello, CancellationToken cancellationToken)
    {
        EndTransaction();
        Facts = Facts with { HelloName = hello.Name, IsExtended = hello.IsExtended };
        if (Facts.Login is null)
        {
            var known = await _policy.IdentifyAsync(Facts, cancellationToken);
            _identityRefusal = known?.Refusal;
            Facts = Facts.KnownAs(known);
        }

        // Not before it is known who this is: without that a client would have more rights than it is given.
        Phase = SessionPhase.Ready;
        return SessionStep.Answer(hello.IsExtended
            ? EhloReply.For(
                _options, Facts.Tls is not null, OffersTls, _authentication.Offered(Facts), _time.GetUtcNow())
            : SmtpReply.Of(250, _options.Hostname));
    }

    private SmtpReply Rset()
    {
        EndTransaction();
        return ServerReplies.Reset;
    }

    // Nothing but a greeting leads out of the first phase, not even a chunk that is refused there.
    private void EndTransaction()
    {
        _transaction = null;
        _spentChunks = _chunks ?? _spentChunks;
        _chunks = null;
        Phase = Phase == SessionPhase.Connected ? SessionPhase.Connected : SessionPhase.Ready;
    }

    private SessionStep StartTls()
    {
        if (Facts.Tls is not null)
        {
            return SessionStep.Answer(ServerReplies.TlsActive);
        }

        if (!OffersTls)
        {
            return SessionStep.Answer(ServerReplies.TlsNotOffered);
        }

        return Facts.IsExtended
            ? new SessionStep(ServerReplies.TlsReady, SessionNext.Tls, true, null)
            : SessionStep.Answer(ServerReplies.TlsNeedsEhlo);
    }

    private async ValueTask<SessionStep> MailAsync(SmtpCommand.Mail mail, CancellationToken cancellationToken)
    {
        if (EnvelopeRules.Refusal(mail, Facts, _options, _time.GetUtcNow(), out var parameters) is { } unfit)
        {
            return SessionStep.Answer(unfit);
        }

        if (_identityRefusal is not null && Facts.Login is null)
        {
            return SessionStep.Answer(_identityRefusal);
        }

        if (!_budget.TryBeginTransaction())
        {
            return SessionStep.Close(ServerReplies.TooManyTransactions);
        }

        var transaction = new Transaction(mail.ReversePath, parameters, EnvelopeRules.NotBefore(parameters, _time.GetUtcNow()));
        if (await _policy.MailAsync(Facts, transaction.Envelope, parameters.Size, cancellationToken) is { } refusal)
        {
            return SessionStep.Answer(refusal);
        }

        _transaction = transaction;
        Phase = SessionPhase.Mail;
        return SessionStep.Answer(ServerReplies.SenderOk);
    }

    private async ValueTask<SessionStep> RcptAsync(SmtpCommand.Rcpt rcpt, CancellationToken cancellationToken)
    {
        var transaction = _transaction!;
        if (EnvelopeRules.Refusal(rcpt, Facts, transaction.Envelope, out var parameters) is { } unfit)
        {
            return SessionStep.Answer(unfit);
        }

        var recipient = new EnvelopeRecipient(rcpt.Mailbox ?? _postmaster)
        {
            Notify = parameters.Notify,
            OriginalRecipient = parameters.OriginalRecipient,
        };
        if (transaction.Holds(recipient.Mailbox))
        {
            return SessionStep.Answer(ServerReplies.RecipientOk);
        }

        if (transaction.Recipients >= _options.Limits.MaxRecipients)
        {
            _budget.Forgive(ServerReplies.TooManyRecipients);
            return SessionStep.Answer(ServerReplies.TooManyRecipients);
        }

        if (await _policy.RecipientAsync(Facts, transaction.Envelope, recipient, cancellationToken) is { } refusal)
        {
            if (IsKnown || _options.AuthenticationExempt(Facts))
            {
                _budget.Forgive(refusal);
            }

            return SessionStep.Answer(refusal);
        }

        transaction.Add(recipient);
        Phase = SessionPhase.Recipients;
        return SessionStep.Answer(ServerReplies.RecipientOk);
    }

    private async ValueTask<SessionStep> DataAsync(CancellationToken cancellationToken)
    {
        var begun = await _sink.BeginAsync(Facts, _transaction!.Freeze(), cancellationToken);
        if (begun.Writer is null)
        {
            return SessionStep.Answer(begun.Refusal ?? ServerReplies.LocalTrouble);
        }

        Phase = SessionPhase.Content;
        return new SessionStep(ServerReplies.SendContent, SessionNext.Content, true, begun.Writer);
    }

    private SessionStep Counted(SessionStep step, SmtpVerb likeVerb = SmtpVerb.Unknown) =>
        step.Next == SessionNext.Close || _budget.Allows(step.Reply, CommandRules.For(likeVerb))
            ? step
            : SessionStep.Close(_budget.Farewell);
}
