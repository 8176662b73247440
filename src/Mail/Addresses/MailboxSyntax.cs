using System.Buffers;
using System.Text;

namespace Relay.Mail;

/// <summary>The local part in RFC 5321 §4.1.2: dot-string or quoted-string, with the characters RFC 6531 §3.3 adds.</summary>
internal static class MailboxSyntax
{
    /// <summary>RFC 5321 §4.5.3.1.1, counted as written, with quotes and backslashes.</summary>
    public const int MaxLocalPartOctets = 64;

    /// <summary>RFC 5321 §4.5.3.1.3 allows a path of 256 octets with its angle brackets.</summary>
    public const int MaxMailboxOctets = 254;

    private const string AtextCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~";

    private static readonly SearchValues<char> Atext = SearchValues.Create(AtextCharacters);
    private static readonly SearchValues<char> AtextAndDot = SearchValues.Create(AtextCharacters + ".");

    /// <summary>Reads and unquotes the local part; <paramref name="end"/> is the position of the @ behind it.</summary>
    public static bool TryReadLocalPart(ReadOnlySpan<char> text, out string localPart, out int end)
    {
        localPart = string.Empty;
        end = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        var parsed = text[0] == '"' ? TryReadQuoted(text, out localPart, out end) : TryReadDotString(text, out localPart, out end);
        return parsed
            && end < text.Length
            && text[end] == '@'
            && (end <= MaxLocalPartOctets / 3 || Encoding.UTF8.GetByteCount(text[..end]) <= MaxLocalPartOctets);
    }

    /// <summary>The local part as it must be written: as it is when a dot-string, else as quoted-string.</summary>
    public static string QuoteLocalPart(string localPart)
    {
        if (IsDotString(localPart))
        {
            return localPart;
        }

        var quoted = new StringBuilder(localPart.Length + 2).Append('"');
        foreach (var c in localPart)
        {
            if (c is '"' or '\\')
            {
                quoted.Append('\\');
            }

            quoted.Append(c);
        }

        return quoted.Append('"').ToString();
    }

    /// <summary>True when every character may stand in a local part, quoted if need be.</summary>
    public static bool IsWritable(ReadOnlySpan<char> localPart) =>
        !localPart.ContainsAnyExceptInRange(' ', '~') || IsUnicodeText(localPart, static (rune) => rune.Value is >= ' ' and <= '~', allowSpace: true);

    public static bool IsAtext(char c) => Atext.Contains(c) || (c >= '\x80' && !char.IsControl(c) && !char.IsWhiteSpace(c));

    private static bool TryReadDotString(ReadOnlySpan<char> text, out string localPart, out int end)
    {
        end = text.IndexOf('@');
        localPart = string.Empty;
        if (end <= 0 || end > MaxLocalPartOctets || !IsDotString(text[..end]))
        {
            return false;
        }

        localPart = text[..end].ToString();
        return true;
    }

    private static bool IsDotString(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty || text[0] == '.' || text[^1] == '.' || text.Contains("..", StringComparison.Ordinal))
        {
            return false;
        }

        return !text.ContainsAnyExcept(AtextAndDot) || IsUnicodeText(text, static (rune) => AtextAndDot.Contains((char)rune.Value), allowSpace: false);
    }

    // RFC 6531 §3.3 admits every non-ASCII character; controls, separators that look like nothing and broken surrogates are not taken.
    private static bool IsUnicodeText(ReadOnlySpan<char> text, Func<Rune, bool> isAllowedAscii, bool allowSpace)
    {
        while (!text.IsEmpty)
        {
            if (Rune.DecodeFromUtf16(text, out var rune, out var length) != OperationStatus.Done)
            {
                return false;
            }

            var allowed = rune.IsAscii ? isAllowedAscii(rune) : !Rune.IsControl(rune) && (allowSpace || !Rune.IsWhiteSpace(rune));
            if (!allowed)
            {
                return false;
            }

            text = text[length..];
        }

        return true;
    }

    private static bool TryReadQuoted(ReadOnlySpan<char> text, out string localPart, out int end)
    {
        Span<char> content = stackalloc char[MaxLocalPartOctets];
        var length = 0;
        localPart = string.Empty;
        for (end = 1; end < text.Length && end < MaxLocalPartOctets; end++)
        {
            var c = text[end];
            if (c == '"')
            {
                end++;
                var read = content[..length];
                if (!IsWritable(read))
                {
                    return false;
                }

                localPart = read.ToString();
                return true;
            }

            if (c == '\\' && (++end >= text.Length || text[end] is < ' ' or > '~'))
            {
                return false;
            }

            content[length++] = text[end];
        }

        return false;
    }
}
