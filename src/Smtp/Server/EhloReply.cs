using System.Globalization;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>The reply to EHLO: the extensions that hold in this state of this session, no others (RFC 5321 §4.1.1.1).</summary>
internal static class EhloReply
{
    public static SmtpReply For(SmtpServerOptions options, bool offersTls, bool offersAuthentication)
    {
        var lines = new List<string>
        {
            options.Hostname,
            "PIPELINING",
            string.Create(CultureInfo.InvariantCulture, $"SIZE {options.Limits.MaxMessageSizeBytes}"),
            "8BITMIME",
            "SMTPUTF8",
            "ENHANCEDSTATUSCODES",
        };
        if (offersTls)
        {
            lines.Add("STARTTLS");
        }

        if (offersAuthentication)
        {
            lines.Add("AUTH " + string.Join(' ', SaslServer.Mechanisms));
        }

        return new SmtpReply(250, null, lines);
    }
}
