using System.Text;

namespace Relay.Mail;

/// <summary>A message or body part that was read: its header, its content and what is inside (RFC 2045 §2.4).</summary>
public sealed class MimeEntity
{
    internal MimeEntity(HeaderBlock header, ReadOnlyMemory<byte> rawBody, string defaultMediaType)
    {
        Header = header;
        RawBody = rawBody;
        ContentType = ParameterValue.Parse(header.Value("Content-Type") ?? defaultMediaType);
        MediaType = IsMediaType(ContentType.Value) ? ContentType.Value.ToLowerInvariant() : "text/plain";
        TransferEncoding = ParameterValue.Parse(header.Value("Content-Transfer-Encoding") ?? "7bit").Value.ToLowerInvariant();
    }

    public HeaderBlock Header { get; }

    /// <summary>The body's octets as they stand, transfer encoding and all.</summary>
    public ReadOnlyMemory<byte> RawBody { get; }

    /// <summary>Content-Type with its parameters; text/plain when absent (RFC 2045 §5.2).</summary>
    public ParameterValue ContentType { get; }

    /// <summary>Type and subtype in lower case; text/plain when unreadable.</summary>
    public string MediaType { get; }

    /// <summary>In lower case; 7bit when absent.</summary>
    public string TransferEncoding { get; }

    /// <summary>The parts of a multipart, or the one message inside message/rfc822 and message/global; else empty.</summary>
    public IReadOnlyList<MimeEntity> Children { get; internal set; } = [];

    /// <summary>True when depth or number of parts passed the limit, so that something inside was not looked at.</summary>
    public bool IsCut { get; internal set; }

    public bool IsMultipart => MediaType.StartsWith("multipart/", StringComparison.Ordinal);

    /// <summary>True for a part that holds a whole message.</summary>
    public bool IsMessage => MediaType is "message/rfc822" or "message/global";

    /// <summary>Content-Disposition's value in lower case; null when absent.</summary>
    public string? Disposition => Header.Value("Content-Disposition") is { } value ? ParameterValue.Parse(value).Value.ToLowerInvariant() : null;

    /// <summary>filename of Content-Disposition, else name of Content-Type; a mere suggestion of the sender.</summary>
    public string? FileName =>
        (Header.Value("Content-Disposition") is { } value ? ParameterValue.Parse(value)["filename"] : null) ?? ContentType["name"];

    /// <summary>Content-ID without its brackets; null when absent.</summary>
    public string? ContentId => Header.Value("Content-ID") is { } value && MessageIdField.ParseList(value) is [var id, ..] ? id : null;

    /// <summary>The body with its transfer encoding undone; unknown encodings are left as they are.</summary>
    public byte[] GetContent() => TransferEncoding switch
    {
        "base64" => Base64Lines.Decode(RawBody.Span),
        "quoted-printable" => QuotedPrintable.Decode(RawBody.Span),
        _ => RawBody.ToArray(),
    };

    /// <summary>The content as text in its charset; without a known one as UTF-8, or ISO-8859-1 when it is not UTF-8.</summary>
    public string GetText()
    {
        var content = GetContent();
        var charset = ContentType["charset"] is { } name ? Charset.Find(name) : null;
        return charset is null or UTF8Encoding ? Charset.DecodeUnlabelled(content) : charset.GetString(content);
    }

    /// <summary>This entity and everything inside, in reading order.</summary>
    public IEnumerable<MimeEntity> SelfAndDescendants() => Walk(intoMessages: true);

    /// <summary>This message's own parts in reading order: a message it carries counts as a part, what is inside of that does not.</summary>
    public IEnumerable<MimeEntity> OwnParts() => Walk(intoMessages: false);

    private IEnumerable<MimeEntity> Walk(bool intoMessages)
    {
        var open = new Stack<MimeEntity>([this]);
        while (open.TryPop(out var entity))
        {
            yield return entity;
            for (var i = entity.Children.Count - 1; i >= 0 && (intoMessages || !entity.IsMessage); i--)
            {
                open.Push(entity.Children[i]);
            }
        }
    }

    private static bool IsMediaType(string value) =>
        value.IndexOf('/') is > 0 and var slash
        && ParameterValue.IsToken(value.AsSpan(0, slash))
        && ParameterValue.IsToken(value.AsSpan(slash + 1));
}
