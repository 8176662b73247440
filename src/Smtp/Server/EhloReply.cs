using System.Globalization;
using Relay.Mail;

namespace Relay.Smtp.Server;

/// <summary>The reply to EHLO: the extensions that hold in this state of this session, no others (RFC 5321 §4.1.1.1).</summary>
internal static class EhloReply
{
    public static SmtpReply For(SmtpServerOptions options, bool hasTls, bool offersTls, IReadOnlyList<string> mechanisms, DateTimeOffset now)
    {
        var limits = options.Limits;
        var lines = new List<string>
        {
            options.Hostname,
            "PIPELINING",
            Text($"SIZE {limits.MaxMessageSizeBytes}"),
            "8BITMIME",
            "SMTPUTF8",
            "CHUNKING",
            "DSN",
            "ENHANCEDSTATUSCODES",
            Text($"LIMITS RCPTMAX={limits.MaxRecipients} MAILMAX={limits.MaxTransactions}"),
        };
        if (options.Extensions.MaxHold > TimeSpan.Zero)
        {
            lines.Add(Text($"FUTURERELEASE {(long)options.Extensions.MaxHold.TotalSeconds} {now + options.Extensions.MaxHold:yyyy-MM-dd'T'HH:mm:ss'Z'}"));
        }

        if (options.Extensions.RequireTls && hasTls)
        {
            lines.Add("REQUIRETLS");
        }

        if (offersTls)
        {
            lines.Add("STARTTLS");
        }

        if (mechanisms.Count > 0)
        {
            lines.Add("AUTH " + string.Join(' ', mechanisms));
        }

        return new SmtpReply(250, null, lines);
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
