using System.Text;

namespace Relay.Mail;

/// <summary>Chooses how content travels (RFC 2045 §6): as it is when it is clean, else the encoding that costs less.</summary>
internal static class TransferEncoding
{
    private const int MaxLineLength = 998;

    /// <summary>ASCII without NUL, lines of at most 998 octets that end in CRLF only (RFC 2045 §2.7).</summary>
    public static bool IsSevenBitClean(ReadOnlySpan<byte> content)
    {
        if (!Ascii.IsValid(content) || content.Contains((byte)0))
        {
            return false;
        }

        while (!content.IsEmpty)
        {
            var end = content.IndexOfAny((byte)'\r', (byte)'\n');
            if ((end < 0 ? content.Length : end) > MaxLineLength)
            {
                return false;
            }

            if (end < 0)
            {
                return true;
            }

            if (!content[end..].StartsWith("\r\n"u8))
            {
                return false;
            }

            content = content[(end + 2)..];
        }

        return true;
    }

    /// <summary>A part of text with its lines ended by CRLF, encoded as its content asks for.</summary>
    public static ComposedPart TextPart(string contentType, ReadOnlySpan<byte> content)
    {
        if (IsSevenBitClean(content))
        {
            return new ComposedPart(contentType, "7bit", content.ToArray());
        }

        // Quoted-printable triples what it must escape, base64 costs a third of everything.
        var escaped = 0;
        foreach (var b in content)
        {
            escaped += b is >= (byte)' ' and <= (byte)'~' or (byte)'\r' or (byte)'\n' or (byte)'\t' ? 0 : 1;
        }

        return escaped * 2L > content.Length / 3
            ? new ComposedPart(contentType, "base64", Base64Lines.Encode(content))
            : new ComposedPart(contentType, "quoted-printable", QuotedPrintable.Encode(content));
    }

    /// <summary>UTF-8 with every kind of line end turned into CRLF and one at the end.</summary>
    public static byte[] CanonicalText(string text)
    {
        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        if (!lines.EndsWith('\n'))
        {
            lines += "\n";
        }

        return Encoding.UTF8.GetBytes(lines.Replace("\n", "\r\n", StringComparison.Ordinal));
    }
}
