using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>How much trouble a client may be before it is sent away.</summary>
internal sealed class SessionBudget(SmtpServerLimits limits)
{
    // A client that only says NOOP, RSET or EHLO holds a connection for nothing; an accepted message starts the count anew.
    private const int FreeIdleCommands = 100;

    private int _errors;
    private int _idleCommands;
    private int _transactions;
    private int _authFailures;
    private int _overshoot;

    /// <summary>Counts one answered command; false when the limit is passed and the connection has to end.</summary>
    public bool Allows(SmtpReply reply, CommandRule rule)
    {
        if (rule.IsIdle && ++_idleCommands > FreeIdleCommands)
        {
            _errors++;
        }

        if (reply.Code >= 400 && !IsOvershoot(reply))
        {
            _errors++;
        }

        return _errors <= limits.MaxErrors;
    }

    /// <summary>Counts MAIL; false beyond the limit.</summary>
    public bool TryBeginTransaction() => ++_transactions <= limits.MaxTransactions;

    /// <summary>Counts a refused login; a temporary refusal says nothing about the client. False when there were too many.</summary>
    public bool AllowsAuthenticationFailure(SmtpReply refusal) => !refusal.IsPermanent || ++_authFailures < limits.MaxAuthFailures;

    public void MessageAccepted()
    {
        _errors = 0;
        _idleCommands = 0;
        _overshoot = 0;
    }

    // A client with more recipients than fit one transaction is told so for each of the rest (RFC 5321 §4.5.3.1.10) and does no wrong.
    private bool IsOvershoot(SmtpReply reply) =>
        ReferenceEquals(reply, ServerReplies.TooManyRecipients) && ++_overshoot <= limits.MaxRecipients;
}
