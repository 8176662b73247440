using System.Text;

namespace Relay.Mail;

/// <summary>Reads a message into its parts (RFC 2046 §5), tolerantly and bounded; never throws on any bytes.</summary>
/// <remarks>
/// Lines may end in LF. A parent's boundary ends all parts inside it. What lies deeper than <see cref="MaxDepth"/> or beyond
/// <see cref="MaxParts"/> stays unread within its parent. Slices refer to the given memory; only messages inside of a
/// transfer encoding are copied.
/// </remarks>
public sealed class MimeReader
{
    public const int DefaultMaxDepth = 32;
    public const int DefaultMaxParts = 1000;

    private static readonly byte[] MboxLine = "From "u8.ToArray();

    private int _parts;

    public int MaxDepth { get; init; } = DefaultMaxDepth;

    public int MaxParts { get; init; } = DefaultMaxParts;

    /// <summary>Reads with the usual limits.</summary>
    public static MimeEntity Read(ReadOnlyMemory<byte> message) => new MimeReader().ReadMessage(message);

    public MimeEntity ReadMessage(ReadOnlyMemory<byte> message)
    {
        _parts = 0;
        return ReadEntity(SkipMboxLine(message), "text/plain", depth: 0);
    }

    // Reports quote messages as they lay in a mailbox file, with its separator line on top.
    private static ReadOnlyMemory<byte> SkipMboxLine(ReadOnlyMemory<byte> message)
    {
        var span = message.Span;
        return span.StartsWith(MboxLine) && span.IndexOf((byte)'\n') is >= 0 and var end ? message[(end + 1)..] : message;
    }

    private MimeEntity ReadEntity(ReadOnlyMemory<byte> content, string defaultMediaType, int depth)
    {
        _parts++;
        var header = HeaderBlock.Parse(content, out var bodyStart);
        var entity = new MimeEntity(header, content[bodyStart..], defaultMediaType);
        if (entity.IsMultipart)
        {
            ReadParts(entity, depth);
        }
        else if (entity.IsMessage)
        {
            ReadInnerMessage(entity, depth);
        }

        return entity;
    }

    private void ReadParts(MimeEntity parent, int depth)
    {
        var boundary = parent.ContentType["boundary"]?.TrimEnd();
        if (string.IsNullOrEmpty(boundary))
        {
            return;
        }

        var children = new List<MimeEntity>();
        var partType = parent.MediaType == "multipart/digest" ? "message/rfc822" : "text/plain";
        var delimiter = Encoding.UTF8.GetBytes("--" + boundary);
        var at = MimeDelimiter.Find(parent.RawBody.Span, delimiter, 0);
        while (at.Kind == MimeDelimiterKind.Open)
        {
            if (depth + 1 >= MaxDepth || _parts >= MaxParts)
            {
                parent.IsCut = true;
                break;
            }

            var next = MimeDelimiter.Find(parent.RawBody.Span, delimiter, at.End);
            children.Add(ReadEntity(parent.RawBody[at.End..Math.Max(next.Start, at.End)], partType, depth + 1));
            at = next;
        }

        parent.Children = children;
    }

    private void ReadInnerMessage(MimeEntity part, int depth)
    {
        if (depth + 1 >= MaxDepth || _parts >= MaxParts)
        {
            part.IsCut = true;
            return;
        }

        // RFC 2046 §5.2.1 forbids an encoding here; some systems use one all the same.
        var content = part.TransferEncoding is "base64" or "quoted-printable" ? part.GetContent() : part.RawBody;
        part.Children = [ReadEntity(SkipMboxLine(content), "text/plain", depth + 1)];
    }
}
