using System.Buffers;
using System.Buffers.Text;

namespace Relay.Mail;

/// <summary>The base64 transfer encoding: lines of 76 characters (RFC 2045 §6.8).</summary>
public static class Base64Lines
{
    private const int BytesPerLine = 57;
    private const int LineLength = 78;
    private const int LinesPerBlock = 128;
    private const byte Foreign = 0xff;

    private static readonly byte[] Values = MakeValues();

    /// <summary>Encoded lines, each with CRLF; nothing for no content.</summary>
    public static byte[] Encode(ReadOnlySpan<byte> content)
    {
        var lines = (content.Length + BytesPerLine - 1) / BytesPerLine;
        var encoded = new byte[lines * LineLength];
        var length = EncodeLines(content, encoded);
        return length == encoded.Length ? encoded : encoded[..length];
    }

    /// <summary>Encodes a stream as it is read; memory does not grow with it.</summary>
    public static async ValueTask EncodeAsync(Stream content, Stream output, CancellationToken cancellationToken)
    {
        var input = ArrayPool<byte>.Shared.Rent(BytesPerLine * LinesPerBlock);
        var encoded = ArrayPool<byte>.Shared.Rent(LineLength * LinesPerBlock);
        try
        {
            int count;
            do
            {
                count = await content.ReadAtLeastAsync(
                    input.AsMemory(0, BytesPerLine * LinesPerBlock), BytesPerLine * LinesPerBlock, throwOnEndOfStream: false, cancellationToken);
                var length = EncodeLines(input.AsSpan(0, count), encoded);
                await output.WriteAsync(encoded.AsMemory(0, length), cancellationToken);
            }
            while (count == BytesPerLine * LinesPerBlock);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(input);
            ArrayPool<byte>.Shared.Return(encoded);
        }
    }

    /// <summary>Decodes tolerantly: foreign characters are skipped (RFC 2045 §6.8), padding may be missing or stand in the middle.</summary>
    public static byte[] Decode(ReadOnlySpan<byte> encoded)
    {
        var decoded = new byte[(encoded.Length * 3L / 4) + 3];
        var count = 0;
        var bits = 0;
        var sextets = 0;
        foreach (var b in encoded)
        {
            if (b == '=')
            {
                count += Flush(decoded.AsSpan(count), bits, sextets);
                sextets = 0;
                continue;
            }

            if (Values[b] == Foreign)
            {
                continue;
            }

            bits = (bits << 6) | Values[b];
            if (++sextets == 4)
            {
                count += Flush(decoded.AsSpan(count), bits, sextets);
                sextets = 0;
            }
        }

        count += Flush(decoded.AsSpan(count), bits, sextets);
        return decoded[..count];
    }

    private static int Flush(Span<byte> output, int bits, int sextets)
    {
        if (sextets < 2)
        {
            return 0;
        }

        bits <<= 6 * (4 - sextets);
        for (var i = 0; i < sextets - 1; i++)
        {
            output[i] = (byte)(bits >> (16 - (8 * i)));
        }

        return sextets - 1;
    }

    private static int EncodeLines(ReadOnlySpan<byte> content, Span<byte> output)
    {
        var written = 0;
        while (!content.IsEmpty)
        {
            var line = content[..Math.Min(content.Length, BytesPerLine)];
            Base64.EncodeToUtf8(line, output[written..], out _, out var length);
            written += length;
            "\r\n"u8.CopyTo(output[written..]);
            written += 2;
            content = content[line.Length..];
        }

        return written;
    }

    private static byte[] MakeValues()
    {
        var values = new byte[256];
        Array.Fill(values, Foreign);
        for (var i = 0; i < 64; i++)
        {
            values["ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[i]] = (byte)i;
        }

        return values;
    }
}
