using System.Buffers;

namespace Relay.Mail;

/// <summary>Quoted-printable for content that comes in pieces (RFC 2045 §6.7). A mutable value: hold it in a field.</summary>
internal struct QuotedPrintableEncoder
{
    private const int MaxLine = 76;

    // What a space is depends on the line end behind it.
    private const int LookAhead = 2;

    private int _lineLength;

    /// <summary>Encodes and returns the octets taken; unless it is the last, a few at the end of a piece wait for the next one.</summary>
    public int Encode(ReadOnlySpan<byte> content, bool isLast, IBufferWriter<byte> encoded)
    {
        var taken = 0;
        while (taken < content.Length && (isLast || content.Length - taken > LookAhead))
        {
            var rest = content[taken..];
            if (StartsWithLineEnd(rest))
            {
                encoded.Write("\r\n"u8);
                _lineLength = 0;
                taken += 2;
                continue;
            }

            EncodeOctet(rest, encoded);
            taken++;
        }

        return taken;
    }

    private void EncodeOctet(ReadOnlySpan<byte> content, IBufferWriter<byte> encoded)
    {
        var isLiteral = IsLiteral(content);
        var length = isLiteral ? 1 : 3;
        if (_lineLength + length > MaxLine - 1)
        {
            encoded.Write("=\r\n"u8);
            _lineLength = 0;
        }

        _lineLength += length;
        if (isLiteral)
        {
            encoded.Write(content[..1]);
        }
        else
        {
            var digits = "0123456789ABCDEF"u8;
            encoded.Write([(byte)'=', digits[content[0] >> 4], digits[content[0] & 15]]);
        }
    }

    private static bool StartsWithLineEnd(ReadOnlySpan<byte> content) => content is [(byte)'\r', (byte)'\n', ..];

    private static bool IsLiteral(ReadOnlySpan<byte> content) => content[0] switch
    {
        (byte)'=' => false,
        (byte)' ' or (byte)'\t' => content.Length > 1 && !StartsWithLineEnd(content[1..]),
        var b => b is >= (byte)'!' and <= (byte)'~',
    };
}
