using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>When a verb is allowed and what the connection has to know about it.</summary>
/// <param name="Phases">Where it is in order.</param>
/// <param name="NeedsTls">Refused with 530 in the clear where the listener requires TLS.</param>
/// <param name="NeedsAuthentication">Refused with 530 before AUTH where the listener requires it.</param>
/// <param name="EndsGroup">Answered at once, even when more commands are buffered (RFC 2920 §3.2).</param>
/// <param name="IsIdle">Brings no message closer: allowed, but not without end.</param>
internal readonly record struct CommandRule(SessionPhase Phases, bool NeedsTls, bool NeedsAuthentication, bool EndsGroup, bool IsIdle);

/// <summary>The table of verbs (RFC 5321 §4.1.4). A new extension adds its line here and its method in the session.</summary>
internal static class CommandRules
{
    private static readonly CommandRule[] Table = Build();

    public static CommandRule For(SmtpVerb verb) => Table[(int)verb];

    /// <summary>What to say to a verb whose phases do not hold this one.</summary>
    public static SmtpReply OutOfOrder(SmtpVerb verb, SessionPhase phase) => (verb, phase) switch
    {
        (_, SessionPhase.Connected) => ServerReplies.HelloFirst,
        (_, SessionPhase.Chunks) => ServerReplies.ChunksBegun,
        (SmtpVerb.Mail, _) => ServerReplies.NestedMail,
        (SmtpVerb.Data or SmtpVerb.Bdat, SessionPhase.Mail) => ServerReplies.NoRecipients,
        (SmtpVerb.Rcpt or SmtpVerb.Data or SmtpVerb.Bdat, _) => ServerReplies.MailFirst,
        _ => ServerReplies.NotInTransaction,
    };

    private static CommandRule[] Build()
    {
        const SessionPhase any = SessionPhase.Any;
        var table = new CommandRule[Enum.GetValues<SmtpVerb>().Length];

        // Phases, needs TLS, needs AUTH, ends a group, idle
        table[(int)SmtpVerb.Ehlo] = new CommandRule(any, false, false, true, true);
        table[(int)SmtpVerb.Helo] = new CommandRule(any, false, false, true, true);
        table[(int)SmtpVerb.StartTls] = new CommandRule(SessionPhase.Ready, false, false, true, true);
        table[(int)SmtpVerb.Auth] = new CommandRule(SessionPhase.Ready, true, false, true, true);
        table[(int)SmtpVerb.Mail] = new CommandRule(SessionPhase.Ready, true, true, false, false);
        table[(int)SmtpVerb.Rcpt] = new CommandRule(SessionPhase.Transaction, true, true, false, false);
        table[(int)SmtpVerb.Data] = new CommandRule(SessionPhase.Recipients, true, true, true, false);
        table[(int)SmtpVerb.Bdat] = new CommandRule(SessionPhase.Recipients | SessionPhase.Chunks, true, true, false, false);
        table[(int)SmtpVerb.Rset] = new CommandRule(any, false, false, false, true);
        table[(int)SmtpVerb.Noop] = new CommandRule(any, false, false, true, true);
        table[(int)SmtpVerb.Vrfy] = new CommandRule(any, true, true, true, true);
        table[(int)SmtpVerb.Expn] = new CommandRule(any, true, true, true, true);
        table[(int)SmtpVerb.Help] = new CommandRule(any, false, false, false, true);
        table[(int)SmtpVerb.Quit] = new CommandRule(any, false, false, true, false);
        table[(int)SmtpVerb.Foreign] = new CommandRule(any, false, false, true, false);
        table[(int)SmtpVerb.Unknown] = new CommandRule(any, false, false, false, false);
        return table;
    }
}
