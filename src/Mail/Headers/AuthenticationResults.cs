using System.Buffers;
using System.Text;

namespace Relay.Mail;

/// <summary>Authentication-Results fields that claim to be of a server of ours (RFC 8601).</summary>
public static class AuthenticationResults
{
    public const string FieldName = "Authentication-Results";

    private static readonly SearchValues<char> EndOfWord = SearchValues.Create(" \t\r\n;(");

    /// <summary>The authentication service identifier a field begins with (RFC 8601 §2.2); null when there is none that can be read.</summary>
    /// <param name="value">Unfolded or not.</param>
    public static string? ServerOf(ReadOnlySpan<char> value)
    {
        value = SkipComments(value);
        if (value is ['"', ..])
        {
            return ReadQuoted(value[1..]);
        }

        var end = value.IndexOfAny(EndOfWord);
        var word = end < 0 ? value : value[..end];
        return word.IsEmpty ? null : word.ToString();
    }

    /// <summary>
    /// The message without the fields that claim to be of this server (RFC 8601 §5): only we may say what we found. Everything else stays octet for
    /// octet; a message without such a field is returned as it is.
    /// </summary>
    /// <remarks>Looked at is every line up to the first blank one, also behind lines that are no fields: not every reader ends the header there.</remarks>
    public static ReadOnlyMemory<byte> WithoutClaimsOf(DomainName server, ReadOnlyMemory<byte> message)
    {
        var kept = new List<ReadOnlyMemory<byte>>();
        var (at, from) = (0, 0);
        while (at < message.Length && LineLength(message.Span[at..]) is var line && !IsBlank(message.Span.Slice(at, line)))
        {
            var end = at + line;
            while (end < message.Length && message.Span[end] is (byte)' ' or (byte)'\t')
            {
                end += LineLength(message.Span[end..]);
            }

            if (IsClaimOf(server, message.Span[at..end]))
            {
                kept.Add(message[from..at]);
                from = end;
            }

            at = end;
        }

        return from == 0 && kept.Count == 0 ? message : Join([.. kept, message[from..]]);
    }

    private static bool IsClaimOf(DomainName server, ReadOnlySpan<byte> field)
    {
        var colon = field.IndexOf((byte)':');
        return colon > 0
            && Ascii.EqualsIgnoreCase(field[..colon].TrimEnd(" \t"u8), "authentication-results"u8)
            && ServerOf(Encoding.UTF8.GetString(field[(colon + 1)..])) is { } name
            && DomainName.TryParse(name.AsSpan().TrimEnd('.'), out var domain)
            && domain.Equals(server);
    }

    private static int LineLength(ReadOnlySpan<byte> rest) => rest.IndexOf((byte)'\n') is var end and >= 0 ? end + 1 : rest.Length;

    private static bool IsBlank(ReadOnlySpan<byte> line) => line.TrimEnd("\r\n"u8).IsEmpty;

    private static byte[] Join(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        var whole = new byte[pieces.Sum(piece => piece.Length)];
        var at = 0;
        foreach (var piece in pieces)
        {
            piece.Span.CopyTo(whole.AsSpan(at));
            at += piece.Length;
        }

        return whole;
    }

    // Blanks and comments, which nest and may escape (RFC 5322 §3.2.2).
    private static ReadOnlySpan<char> SkipComments(ReadOnlySpan<char> value)
    {
        var (at, depth) = (0, 0);
        for (; at < value.Length; at++)
        {
            switch (value[at])
            {
                case '(':
                    depth++;
                    break;
                case ')' when depth > 0:
                    depth--;
                    break;
                case '\\' when depth > 0:
                    at++;
                    break;
                case ' ' or '\t' or '\r' or '\n':
                    break;
                default:
                    if (depth == 0)
                    {
                        return value[at..];
                    }

                    break;
            }
        }

        return [];
    }

    private static string? ReadQuoted(ReadOnlySpan<char> rest)
    {
        var text = new StringBuilder();
        for (var at = 0; at < rest.Length; at++)
        {
            if (rest[at] == '"')
            {
                return text.ToString();
            }

            at += rest[at] == '\\' && at + 1 < rest.Length ? 1 : 0;
            text.Append(rest[at]);
        }

        return null;
    }
}
