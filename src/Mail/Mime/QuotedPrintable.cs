using System.Buffers;

namespace Relay.Mail;

/// <summary>The quoted-printable transfer encoding: lines of at most 76 characters (RFC 2045 §6.7).</summary>
public static class QuotedPrintable
{
    /// <summary>Encodes text whose lines end in CRLF; CRLF stays a line end, any other CR or LF is encoded.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> content)
    {
        var encoded = new ArrayBufferWriter<byte>(content.Length + (content.Length / 8) + 16);
        default(QuotedPrintableEncoder).Encode(content, isLast: true, encoded);
        return encoded.WrittenSpan.ToArray();
    }

    /// <summary>Decodes tolerantly: wrong escapes stay as they are, space before a line end goes (RFC 2045 §6.7 rule 3), lines may end in LF.</summary>
    public static byte[] Decode(ReadOnlySpan<byte> encoded)
    {
        var decoded = new ArrayBufferWriter<byte>(Math.Max(encoded.Length, 1));
        while (!encoded.IsEmpty)
        {
            var lineLength = encoded.IndexOf((byte)'\n') + 1;
            var line = lineLength == 0 ? encoded : encoded[..lineLength];
            encoded = encoded[line.Length..];
            DecodeLine(line, decoded);
        }

        return decoded.WrittenSpan.ToArray();
    }

    private static void DecodeLine(ReadOnlySpan<byte> line, ArrayBufferWriter<byte> decoded)
    {
        var text = line.TrimEnd("\r\n"u8);
        var lineEnd = line[text.Length..];
        text = text.TrimEnd(" \t"u8);
        var isSoft = text.EndsWith("="u8);
        text = isSoft ? text[..^1] : text;
        while (text.IndexOf((byte)'=') is >= 0 and var escape)
        {
            decoded.Write(text[..escape]);
            text = text[escape..];
            if (text.Length >= 3 && char.IsAsciiHexDigit((char)text[1]) && char.IsAsciiHexDigit((char)text[2]))
            {
                decoded.Write([(byte)((HexValue(text[1]) << 4) | HexValue(text[2]))]);
                text = text[3..];
            }
            else
            {
                decoded.Write("="u8);
                text = text[1..];
            }
        }

        decoded.Write(text);
        if (!isSoft)
        {
            decoded.Write(lineEnd);
        }
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
