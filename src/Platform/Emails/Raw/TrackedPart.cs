using System.Text;
using Relay.Mail;

namespace Relay.Platform.Emails;

/// <summary>An HTML part within a message, from its header to its end; written anew as UTF-8 in quoted-printable.</summary>
internal sealed class TrackedPart
{
    private readonly MimeEntity _part;
    private readonly string _html;

    private TrackedPart(MimeEntity part, int start, int end)
    {
        _part = part;
        _html = part.GetText();
        Start = start;
        End = end;
    }

    /// <summary>Of its first header field, within the message.</summary>
    public int Start { get; }

    public int End { get; }

    /// <param name="content">The memory the part was read from.</param>
    public static TrackedPart Of(byte[] content, MimeEntity part)
    {
        content.AsSpan().Overlaps(part.RawBody.Span, out var body);
        if (!content.AsSpan().Overlaps(part.Header.Bytes.Span, out var header))
        {
            header = body;
        }

        return new TrackedPart(part, header, body + part.RawBody.Length);
    }

    public byte[] Rewrite(Func<string, string> track)
    {
        var header = new StringBuilder();
        foreach (var field in _part.Header.Fields.Where(field => !field.Is("Content-Type") && !field.Is("Content-Transfer-Encoding")))
        {
            header.Append(Encoding.Latin1.GetString(field.Raw.Span));
        }

        header.Append("Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n");
        return [.. Encoding.Latin1.GetBytes(header.ToString()), .. QuotedPrintable.Encode(Encoding.UTF8.GetBytes(track(_html)))];
    }
}
