using System.Text;
using Relay.Dkim;
using Relay.Mail;

namespace Relay.Platform.Received;

/// <summary>Writes what was found out about a received message as a field that stands above all others (RFC 8601 §2.2, §4.1).</summary>
/// <remarks>Names that strangers wrote are given only when they are plain: a property is left out rather than made up or quoted.</remarks>
internal static class AuthenticationResultsWriter
{
    private const int LongestName = 255;

    /// <param name="server">Our name: the authentication service identifier.</param>
    /// <returns>The field, folded, with its final CRLF.</returns>
    public static string Write(DomainName server, ReceivedMail mail, MailAuthentication found)
    {
        var field = new StringBuilder(AuthenticationResults.FieldName).Append(": ").Append(server.Ascii);
        Begin(field, "spf", found.Spf.Word);
        Add(field, mail.ReversePath.Mailbox is null ? "smtp.helo" : "smtp.mailfrom", found.Spf.Domain);

        foreach (var signature in found.Dkim)
        {
            Begin(field, "dkim", Word(signature.Outcome));
            Add(field, "header.d", signature.Domain);
            Add(field, "header.s", signature.Selector);
            Add(field, "header.a", signature.Algorithm);
        }

        if (found.Dkim.Count == 0)
        {
            Begin(field, "dkim", "none");
        }

        Begin(field, "dmarc", found.Dmarc.Policy is { } policy ? $"{found.Dmarc.Result} (p={policy})" : found.Dmarc.Result);
        Add(field, "header.from", found.Dmarc.Domain);
        return field.Append("\r\n").ToString();
    }

    private static void Begin(StringBuilder field, string method, string result) => field.Append(";\r\n\t").Append(method).Append('=').Append(result);

    private static void Add(StringBuilder field, string property, string? value)
    {
        if (value is { Length: > 0 and <= LongestName } && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_'))
        {
            field.Append(' ').Append(property).Append('=').Append(value);
        }
    }

    // RFC 8601 §2.7.1; "neutral" is the word for signatures that were not judged.
    private static string Word(DkimOutcome outcome) => outcome.ToString().ToLowerInvariant();
}
