namespace Relay.Mail;

internal enum MimeDelimiterKind
{
    /// <summary>None was found: the part goes to the end.</summary>
    None,

    Open,

    Close,
}

/// <summary>A delimiter line of a multipart (RFC 2046 §5.1.1): <c>--boundary</c> or <c>--boundary--</c>.</summary>
/// <param name="Start">Where the part before it ends: the line end before the delimiter belongs to the delimiter.</param>
/// <param name="End">Behind the delimiter's own line end.</param>
internal readonly record struct MimeDelimiter(MimeDelimiterKind Kind, int Start, int End)
{
    public static MimeDelimiter Find(ReadOnlySpan<byte> body, ReadOnlySpan<byte> delimiter, int from)
    {
        while (body[from..].IndexOf(delimiter) is >= 0 and var offset)
        {
            var start = from + offset;
            from = start + delimiter.Length;
            if (start > 0 && body[start - 1] != '\n')
            {
                continue;
            }

            var lineLength = body[from..].IndexOf((byte)'\n') + 1;
            var tail = lineLength == 0 ? body[from..] : body.Slice(from, lineLength);
            var kind = KindOf(tail.TrimEnd(" \t\r\n"u8));
            if (kind != MimeDelimiterKind.None)
            {
                return new MimeDelimiter(kind, WithoutLineEnd(body[..start]), from + tail.Length);
            }
        }

        return new MimeDelimiter(MimeDelimiterKind.None, body.Length, body.Length);
    }

    private static MimeDelimiterKind KindOf(ReadOnlySpan<byte> tail) => tail switch
    {
        [] => MimeDelimiterKind.Open,
        [(byte)'-', (byte)'-'] => MimeDelimiterKind.Close,
        _ => MimeDelimiterKind.None,
    };

    private static int WithoutLineEnd(ReadOnlySpan<byte> part) =>
        part.Length - (part.EndsWith("\r\n"u8) ? 2 : part.EndsWith("\n"u8) ? 1 : 0);
}
