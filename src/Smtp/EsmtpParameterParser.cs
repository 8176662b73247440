namespace Relay.Smtp;

/// <summary>The parameters behind a path: <c>*(SP keyword ["=" value])</c> (RFC 5321 §4.1.2).</summary>
internal static class EsmtpParameterParser
{
    /// <summary>False for a malformed parameter or a keyword given twice.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out IReadOnlyList<EsmtpParameter> parameters)
    {
        parameters = [];
        if (text.IsEmpty)
        {
            return true;
        }

        var found = new List<EsmtpParameter>();
        foreach (var range in text.Split(' '))
        {
            var part = text[range];
            if (part.IsEmpty)
            {
                continue;
            }

            if (!TryParseOne(part, out var parameter) || Contains(found, parameter.Keyword))
            {
                return false;
            }

            found.Add(parameter);
        }

        parameters = found;
        return true;
    }

    private static bool Contains(List<EsmtpParameter> found, string keyword)
    {
        foreach (var parameter in found)
        {
            if (parameter.Keyword == keyword)
            {
                return true;
            }
        }

        return false;
    }

    private static bool TryParseOne(ReadOnlySpan<char> text, out EsmtpParameter parameter)
    {
        parameter = default;
        var equals = text.IndexOf('=');
        var keyword = equals < 0 ? text : text[..equals];
        var value = equals < 0 ? default : text[(equals + 1)..];
        if (!IsKeyword(keyword) || (equals >= 0 && !IsValue(value)))
        {
            return false;
        }

        parameter = new EsmtpParameter(keyword.ToString().ToUpperInvariant(), equals < 0 ? null : value.ToString());
        return true;
    }

    private static bool IsKeyword(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || !char.IsAsciiLetterOrDigit(text[0]))
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    // Non-ASCII is let through: RFC 6531 §3.3 widens esmtp-value, and each keyword's reader checks its own value.
    private static bool IsValue(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyInRange('\0', ' ') && !text.Contains('=');
}
