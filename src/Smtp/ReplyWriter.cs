using System.Buffers;
using System.Buffers.Text;
using Relay.Mail;

namespace Relay.Smtp;

/// <summary>Writes replies as they go on the wire (RFC 5321 §4.2, RFC 2034 §3).</summary>
internal static class ReplyWriter
{
    /// <summary>RFC 5321 §4.5.3.1.5, CRLF included.</summary>
    private const int MaxLineBytes = 512;

    /// <summary>A line longer than RFC 5321 §4.5.3.1.5 allows is cut; characters other than printable ASCII become <c>?</c>.</summary>
    /// <returns>Octets written.</returns>
    public static int Write(IBufferWriter<byte> output, SmtpReply reply)
    {
        var total = 0;
        for (var i = 0; i < reply.Lines.Count; i++)
        {
            var line = output.GetSpan(MaxLineBytes)[..MaxLineBytes];
            var written = WriteLine(line, reply, reply.Lines[i], isLast: i == reply.Lines.Count - 1);
            output.Advance(written);
            total += written;
        }

        return total;
    }

    private static int WriteLine(Span<byte> line, SmtpReply reply, string text, bool isLast)
    {
        var at = Number(line, 0, reply.Code);
        line[at++] = isLast ? (byte)' ' : (byte)'-';
        if (reply.Enhanced is { } enhanced)
        {
            at = Number(line, at, enhanced.Class);
            line[at++] = (byte)'.';
            at = Number(line, at, enhanced.Subject);
            line[at++] = (byte)'.';
            at = Number(line, at, enhanced.Detail);
            line[at++] = (byte)' ';
        }

        var room = MaxLineBytes - 2 - at;
        foreach (var c in text.AsSpan(0, Math.Min(room, text.Length)))
        {
            // Texts may quote what a policy was told; a CR or LF in one must not become a second reply.
            line[at++] = c is >= ' ' and <= '~' ? (byte)c : (byte)'?';
        }

        line[at++] = (byte)'\r';
        line[at++] = (byte)'\n';
        return at;
    }

    private static int Number(Span<byte> line, int at, int value)
    {
        Utf8Formatter.TryFormat(value, line[at..], out var written);
        return at + written;
    }
}
