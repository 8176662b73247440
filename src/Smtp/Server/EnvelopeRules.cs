using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>What MAIL and RCPT may say in a session, before anybody is asked: their parameters, and what those ask of it.</summary>
internal static class EnvelopeRules
{
    /// <summary>What is wrong with this MAIL in this session.</summary>
    public static SmtpReply? Refusal(SmtpCommand.Mail mail, SmtpSession facts, SmtpServerOptions options, DateTimeOffset now, out MailParameters parameters)
    {
        if (MailParameters.Read(mail.Parameters, out parameters) is { } malformed)
        {
            return malformed;
        }

        if (mail.Parameters.Count > 0 && !facts.IsExtended)
        {
            return ServerReplies.ParametersNeedEhlo;
        }

        return !mail.IsAscii && !parameters.SmtpUtf8 ? ServerReplies.NeedsSmtpUtf8 : NotOffered(parameters, options, facts.Tls, now);
    }

    /// <summary>What is wrong with this RCPT in this session, behind the MAIL of this envelope.</summary>
    public static SmtpReply? Refusal(SmtpCommand.Rcpt rcpt, SmtpSession facts, Envelope envelope, out RecipientParameters parameters)
    {
        if (RecipientParameters.Read(rcpt.Parameters, out parameters) is { } malformed)
        {
            return malformed;
        }

        if (rcpt.Parameters.Count > 0 && !facts.IsExtended)
        {
            return ServerReplies.ParametersNeedEhlo;
        }

        return !rcpt.IsAscii && !envelope.SmtpUtf8 ? ServerReplies.NeedsSmtpUtf8 : null;
    }

    /// <summary>When the client wants the message to go; null for now. A time that has passed asks for nothing.</summary>
    public static DateTimeOffset? NotBefore(in MailParameters parameters, DateTimeOffset now)
    {
        var time = parameters.HoldFor is { } hold ? now + hold : parameters.HoldUntil;
        return time > now ? time : null;
    }

    // Size, a time to wait for, TLS all the way.
    private static SmtpReply? NotOffered(in MailParameters parameters, SmtpServerOptions options, TlsInfo? tls, DateTimeOffset now)
    {
        if (parameters.Size > options.Limits.MaxMessageSizeBytes)
        {
            return ServerReplies.MessageTooLarge;
        }

        var maxHold = options.Extensions.MaxHold;
        if (parameters.RequireTls && !(options.Extensions.RequireTls && tls is not null))
        {
            return ServerReplies.ParameterNotOffered("REQUIRETLS");
        }

        if (parameters.AsksToWait && maxHold <= TimeSpan.Zero)
        {
            return ServerReplies.ParameterNotOffered(parameters.HoldFor is null ? "HOLDUNTIL" : "HOLDFOR");
        }

        return parameters.HoldFor > maxHold || parameters.HoldUntil > now + maxHold ? ServerReplies.HoldTooLong : null;
    }
}
