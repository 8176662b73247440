using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>How much trouble a client may be before it is sent away.</summary>
internal sealed class SessionBudget(SmtpServerLimits limits)
{
    // A client that only says NOOP, RSET or EHLO holds a connection for nothing; an accepted message starts the count anew.
    private const int FreeIdleCommands = 100;

    // Longer lists than this are nobody's; an accepted message starts the count anew.
    private const int MaxForgiven = 10_000;

    private int _errors;
    private int _idleCommands;
    private int _transactions;
    private int _authFailures;
    private int _forgiven;
    private SmtpReply? _forgivenReply;

    /// <summary>Counts one answered command; false when the limit is passed and the connection has to end.</summary>
    public bool Allows(SmtpReply reply, CommandRule rule)
    {
        if (rule.IsIdle && ++_idleCommands > FreeIdleCommands)
        {
            _errors++;
        }

        if (reply.Code >= 400 && !ReferenceEquals(reply, _forgivenReply))
        {
            _errors++;
        }

        return _errors <= limits.MaxErrors;
    }

    /// <summary>
    /// This reply is no error of the client: it has more recipients than fit one transaction and is told so for each of the rest
    /// (RFC 5321 §4.5.3.1.10), or it may relay and some of its recipients are refused. The message for the others would be lost with the connection.
    /// </summary>
    public void Forgive(SmtpReply reply) => _forgivenReply = ++_forgiven <= MaxForgiven ? reply : null;

    /// <summary>What a client hears that passed the limit.</summary>
    public SmtpReply Farewell => _idleCommands > FreeIdleCommands ? ServerReplies.TooManyIdleCommands : ServerReplies.TooManyErrors;

    /// <summary>Counts MAIL; false beyond the limit.</summary>
    public bool TryBeginTransaction() => ++_transactions <= limits.MaxTransactions;

    /// <summary>Counts a refused login; a temporary refusal says nothing about the client. False when there were too many.</summary>
    public bool AllowsAuthenticationFailure(SmtpReply refusal) => !refusal.IsPermanent || ++_authFailures < limits.MaxAuthFailures;

    public void MessageAccepted()
    {
        _errors = 0;
        _idleCommands = 0;
        _forgiven = 0;
    }
}
