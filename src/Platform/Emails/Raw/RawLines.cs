using System.Buffers;

namespace Relay.Platform.Emails;

/// <summary>Line ends of a message that did not come over SMTP: bare LF becomes CRLF, a bare CR belongs nowhere (RFC 5322 §2.3).</summary>
internal static class RawLines
{
    /// <summary>The same array when nothing is to be changed; null when there is a bare CR or a NUL.</summary>
    public static byte[]? Normalize(byte[] content)
    {
        var bare = 0;
        for (var at = 0; NextSpecial(content, at) is >= 0 and var found; at = found + 1)
        {
            switch (content[found])
            {
                case (byte)'\n' when found == 0 || content[found - 1] != '\r':
                    bare++;
                    break;
                case (byte)'\n':
                    break;
                case (byte)'\r' when found + 1 < content.Length && content[found + 1] == '\n':
                    break;
                default:
                    return null;
            }
        }

        return bare == 0 ? content : Expand(content, bare);
    }

    private static int NextSpecial(byte[] content, int from) =>
        content.AsSpan(from).IndexOfAny((byte)'\r', (byte)'\n', (byte)0) is >= 0 and var at ? from + at : -1;

    private static byte[] Expand(byte[] content, int bare)
    {
        var output = new ArrayBufferWriter<byte>(content.Length + bare);
        var rest = content.AsSpan();
        while (rest.IndexOf((byte)'\n') is >= 0 and var end)
        {
            var line = rest[..end];
            output.Write(line is [.., (byte)'\r'] ? line[..^1] : line);
            output.Write("\r\n"u8);
            rest = rest[(end + 1)..];
        }

        output.Write(rest);
        return output.WrittenSpan.ToArray();
    }
}
