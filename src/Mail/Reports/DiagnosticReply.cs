using System.Globalization;

namespace Relay.Mail;

/// <summary>A reply as quoted in Diagnostic-Code: <c>550 5.1.1 no such user</c>, <c>550-5.1.1 first 550 5.1.1 second</c>.</summary>
internal static class DiagnosticReply
{
    public static SmtpReply? Parse(string diagnostic)
    {
        var text = diagnostic.AsSpan().Trim();
        if (text.Length < 3
            || !int.TryParse(text[..3], NumberStyles.None, CultureInfo.InvariantCulture, out var code)
            || code is < 200 or > 599
            || (text.Length > 3 && text[3] is not (' ' or '-' or '\t')))
        {
            return null;
        }

        var rest = text.Length > 3 ? text[4..].TrimStart() : [];
        var length = rest.IndexOfAny(' ', '\t') is >= 0 and var space ? space : rest.Length;
        return EnhancedStatusCode.TryParse(rest[..length].TrimEnd(':'), out var enhanced)
            ? new SmtpReply(code, enhanced, rest[length..].Trim().ToString())
            : new SmtpReply(code, null, rest.ToString());
    }
}
