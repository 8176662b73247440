using System.Buffers;

namespace Relay.Mail;

/// <summary>The quoted-printable transfer encoding: lines of at most 76 characters (RFC 2045 §6.7).</summary>
public static class QuotedPrintable
{
    private const int MaxLine = 76;

    /// <summary>Encodes text whose lines end in CRLF; CRLF stays a line end, any other CR or LF is encoded.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> content)
    {
        var encoded = new ArrayBufferWriter<byte>(content.Length + (content.Length / 8) + 16);
        var lineLength = 0;
        for (var i = 0; i < content.Length; i++)
        {
            var rest = content[i..];
            if (StartsWithLineEnd(rest))
            {
                encoded.Write("\r\n"u8);
                lineLength = 0;
                i++;
                continue;
            }

            var isLiteral = IsLiteral(rest);
            var length = isLiteral ? 1 : 3;
            if (lineLength + length > MaxLine - 1)
            {
                encoded.Write("=\r\n"u8);
                lineLength = 0;
            }

            lineLength += length;
            if (isLiteral)
            {
                encoded.Write(rest[..1]);
            }
            else
            {
                WriteHex(encoded, rest[0]);
            }
        }

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

    private static bool StartsWithLineEnd(ReadOnlySpan<byte> content) => content is [(byte)'\r', (byte)'\n', ..];

    private static bool IsLiteral(ReadOnlySpan<byte> content) => content[0] switch
    {
        (byte)'=' => false,
        (byte)' ' or (byte)'\t' => content.Length > 1 && !StartsWithLineEnd(content[1..]),
        var b => b is >= (byte)'!' and <= (byte)'~',
    };

    private static void WriteHex(ArrayBufferWriter<byte> encoded, byte value)
    {
        var digits = "0123456789ABCDEF"u8;
        encoded.Write([(byte)'=', digits[value >> 4], digits[value & 15]]);
    }

    private static int HexValue(byte digit) => digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
}
