using System.Text;

namespace Relay.Mail;

internal enum OutlineKind
{
    Leaf,
    Multipart,

    /// <summary>message/rfc822: a message whose parts are converted in place, as no encoding is allowed around it (RFC 2046 §5.2.1).</summary>
    Message,

    /// <summary>Cannot be encoded: another message type, or an encoding nobody knows.</summary>
    Opaque,
}

/// <summary>One entity of a <see cref="MimeOutline"/>, open as long as its body lasts.</summary>
internal sealed class OutlinePart(string defaultMediaType, long headerStart, bool isProtected)
{
    private byte[] _delimiter = [];
    private string _encoding = "7bit";
    private string _mediaType = string.Empty;

    public BodyFacts Facts = BodyFacts.None;

    public long HeaderStart { get; } = headerStart;

    /// <summary>Inside of something signed or encrypted.</summary>
    public bool IsProtected { get; } = isProtected;

    public HeaderBlock Header { get; private set; } = HeaderBlock.Empty;

    public long BodyStart { get; private set; } = headerStart;

    public OutlineKind Kind { get; private set; }

    /// <summary>Its closing delimiter was seen: what follows is epilogue.</summary>
    public bool IsClosed { get; set; }

    /// <summary>RFC 1847: what is inside must stay as it is, and so must the label of the whole.</summary>
    public bool ProtectsChildren => _mediaType is "multipart/signed" or "multipart/encrypted";

    public string ChildType => _mediaType == "multipart/digest" ? "message/rfc822" : "text/plain";

    public void TakeHeader(HeaderBlock header, long bodyStart)
    {
        var entity = new MimeEntity(header, ReadOnlyMemory<byte>.Empty, defaultMediaType);
        (Header, BodyStart, _encoding, _mediaType) = (header, bodyStart, entity.TransferEncoding, entity.MediaType);
        var boundary = entity.ContentType["boundary"]?.TrimEnd();
        var isIdentity = _encoding is "7bit" or "8bit" or "binary";
        Kind = _mediaType switch
        {
            // Without a blank line a field put into the inner header would become one of the outer.
            "message/rfc822" => isIdentity && bodyStart > HeaderStart + header.Bytes.Length ? OutlineKind.Message : OutlineKind.Opaque,

            // RFC 6532 §3.7 allows these to be encoded.
            "message/global" or "message/global-headers" or "message/global-delivery-status" or "message/global-disposition-notification" => LeafOrOpaque(isIdentity),
            _ when _mediaType.StartsWith("message/", StringComparison.Ordinal) => OutlineKind.Opaque,
            _ when entity.IsMultipart => string.IsNullOrEmpty(boundary) || !isIdentity ? OutlineKind.Opaque : OutlineKind.Multipart,
            _ => LeafOrOpaque(isIdentity),
        };
        _delimiter = Kind == OutlineKind.Multipart ? Encoding.UTF8.GetBytes("--" + boundary) : [];
    }

    public MimeDelimiterKind? Match(ReadOnlySpan<byte> line)
    {
        if (!line.StartsWith(_delimiter))
        {
            return null;
        }

        return line[_delimiter.Length..].TrimEnd(" \t"u8) switch
        {
            [] => MimeDelimiterKind.Open,
            [(byte)'-', (byte)'-'] => MimeDelimiterKind.Close,
            _ => MimeDelimiterKind.None,
        };
    }

    /// <summary>The label this entity needs once it travels in 7 bits; null when its own is right.</summary>
    /// <param name="problem">Why it cannot travel so.</param>
    public string? EncodingFor7Bit(out string? problem)
    {
        problem = null;
        if (Facts.IsClean)
        {
            return _encoding is "8bit" or "binary" ? "7bit" : null;
        }

        if (Kind != OutlineKind.Leaf)
        {
            problem = Kind == OutlineKind.Opaque ? $"{_mediaType} cannot be encoded" : "there is 8-bit text between its parts";
            return null;
        }

        var isText = _mediaType.StartsWith("text/", StringComparison.Ordinal) && !Facts.IsBinary;
        return isText && Facts.Escapes * 2 <= Facts.Bytes / 3 ? "quoted-printable" : "base64";
    }

    /// <summary>Where the topmost Content-Transfer-Encoding field stands; null without one.</summary>
    public (long Offset, int Length)? FindEncodingField()
    {
        var offset = HeaderStart;
        foreach (var field in Header.Fields)
        {
            if (field.Is("Content-Transfer-Encoding"))
            {
                return (offset, field.Raw.Length);
            }

            offset += field.Raw.Length;
        }

        return null;
    }

    private static OutlineKind LeafOrOpaque(bool isIdentity) => isIdentity ? OutlineKind.Leaf : OutlineKind.Opaque;
}
