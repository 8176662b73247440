using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>What parameters of MAIL may ask of a session: size, a time to wait for, TLS all the way.</summary>
internal static class ParameterOffers
{
    /// <summary>What the parameters ask for and this session cannot give.</summary>
    public static SmtpReply? Refusal(in MailParameters parameters, SmtpServerOptions options, TlsInfo? tls, DateTimeOffset now)
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

    /// <summary>When the client wants the message to go; null for now. A time that has passed asks for nothing.</summary>
    public static DateTimeOffset? NotBefore(in MailParameters parameters, DateTimeOffset now)
    {
        var time = parameters.HoldFor is { } hold ? now + hold : parameters.HoldUntil;
        return time > now ? time : null;
    }
}
