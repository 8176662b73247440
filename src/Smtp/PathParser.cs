using System.Text;
using Relay.Mail;

namespace Relay.Smtp;

/// <summary>Reverse-path and forward-path: angle brackets, optional source route, mailbox (RFC 5321 §4.1.2).</summary>
internal static class PathParser
{
    internal enum PathKind
    {
        Mailbox,

        /// <summary><c>&lt;&gt;</c>.</summary>
        Null,

        /// <summary><c>&lt;postmaster&gt;</c> without a domain.</summary>
        Postmaster,
    }

    /// <summary>Reads one path from the start of <paramref name="text"/>; what follows it is empty or starts with a space.</summary>
    public static bool TryRead(ReadOnlySpan<char> text, out ParsedPath path, out ReadOnlySpan<char> rest)
    {
        path = default;
        rest = default;
        var end = FindClosingBracket(text);
        if (end < 0)
        {
            return false;
        }

        rest = text[(end + 1)..];
        return (rest.IsEmpty || rest[0] == ' ') && TryParseInner(text[1..end], out path);
    }

    private static bool TryParseInner(ReadOnlySpan<char> inner, out ParsedPath path)
    {
        path = new ParsedPath(PathKind.Null, null, true);
        if (inner.IsEmpty)
        {
            return true;
        }

        if (inner.Equals("postmaster", StringComparison.OrdinalIgnoreCase))
        {
            path = new ParsedPath(PathKind.Postmaster, null, true);
            return true;
        }

        if (!TrySkipSourceRoute(ref inner) || !Mailbox.TryParse(inner, out var mailbox))
        {
            return false;
        }

        path = new ParsedPath(PathKind.Mailbox, mailbox, Ascii.IsValid(inner));
        return true;
    }

    // A bracket inside a quoted local part does not end the path.
    private static int FindClosingBracket(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] != '<')
        {
            return -1;
        }

        var quoted = false;
        for (var i = 1; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"':
                    quoted = !quoted;
                    break;
                case '\\' when quoted:
                    i++;
                    break;
                case '>' when !quoted:
                    return i;
            }
        }

        return -1;
    }

    // "@a.example,@b.example:user@c.example": the route must be understood and should be ignored (RFC 5321 §4.1.1.3, appendix C).
    private static bool TrySkipSourceRoute(ref ReadOnlySpan<char> inner)
    {
        if (inner[0] != '@')
        {
            return true;
        }

        var colon = inner.IndexOf(':');
        if (colon < 0)
        {
            return false;
        }

        var route = inner[..colon];
        foreach (var range in route.Split(','))
        {
            var hop = route[range];
            if (hop.IsEmpty || hop[0] != '@' || !DomainName.TryParse(hop[1..], out _))
            {
                return false;
            }
        }

        inner = inner[(colon + 1)..];
        return true;
    }

    /// <param name="Mailbox">Null for the other kinds.</param>
    /// <param name="IsAscii">As written, before domains became A-labels.</param>
    internal readonly record struct ParsedPath(PathKind Kind, Mailbox? Mailbox, bool IsAscii);
}
