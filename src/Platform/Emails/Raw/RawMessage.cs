using Relay.Mail;

namespace Relay.Platform.Emails;

/// <summary>A whole message as its client made it, without the fields that are for the server.</summary>
/// <remarks>Octets stay as they came but for line ends, which become CRLF, and for HTML that is tracked.</remarks>
internal sealed class RawMessage
{
    private readonly byte[] _content;
    private readonly List<TrackedPart> _html;

    /// <param name="content">Lines end in CRLF; Bcc and wishes are gone.</param>
    public RawMessage(byte[] content)
    {
        _content = content;
        Root = MimeReader.Read(content);
        NeedsSmtpUtf8 = Root.Header.Bytes.Span.IndexOfAnyExceptInRange((byte)0, (byte)127) >= 0;
        IsEightBit = content.AsSpan().IndexOfAnyExceptInRange((byte)0, (byte)127) >= 0;
        MessageId = Root.Header.Text("Message-ID")?.Trim() is { Length: > 0 } id ? id : null;
        References = [.. MessageIdField.ParseList(Root.Header.Value("References") ?? string.Empty).Select(reference => $"<{reference}>").TakeLast(EmailLimits.MaxReferences)];
        _html = IsSealed(Root) ? [] : [.. HtmlParts().Select(part => TrackedPart.Of(content, part))];
    }

    public MimeEntity Root { get; }

    /// <summary>As the message says it; null when it has none and gets one.</summary>
    public string? MessageId { get; }

    public IReadOnlyList<string> References { get; }

    /// <summary>The header block is not ASCII (RFC 6532).</summary>
    public bool NeedsSmtpUtf8 { get; }

    public bool IsEightBit { get; }

    public long SizeBytes => _content.Length;

    /// <summary>There is HTML that is neither signed nor encrypted.</summary>
    public bool MayBeTracked => _html.Count > 0;

    /// <summary>The text of the first part of a type that is shown rather than attached; null without one.</summary>
    public string? Text(string mediaType) =>
        Root.OwnParts().FirstOrDefault(part => part.MediaType == mediaType && part.Disposition != "attachment")?.GetText() is { Length: > 0 } text
            ? text[..Math.Min(text.Length, EmailLimits.MaxBodyLength)]
            : null;

    /// <param name="messageId">Written when the message has none.</param>
    /// <param name="track">Makes one recipient's copy of the HTML; null leaves everything as it is.</param>
    public async ValueTask WriteAsync(Stream output, string messageId, Func<string, string>? track, CancellationToken cancellationToken)
    {
        if (MessageId is null)
        {
            await output.WriteAsync(System.Text.Encoding.ASCII.GetBytes($"Message-ID: {messageId}\r\n"), cancellationToken);
        }

        var at = 0;
        foreach (var part in track is null ? [] : _html)
        {
            await output.WriteAsync(_content.AsMemory(at, part.Start - at), cancellationToken);
            await output.WriteAsync(part.Rewrite(track!), cancellationToken);
            at = part.End;
        }

        await output.WriteAsync(_content.AsMemory(at), cancellationToken);
    }

    private IEnumerable<MimeEntity> HtmlParts() =>
        Root.OwnParts().Where(part => part.MediaType == "text/html" && part.Disposition != "attachment" && part.TransferEncoding is "7bit" or "8bit" or "binary" or "base64" or "quoted-printable");

    // RFC 1847 and RFC 8551: what is signed or encrypted must not change anywhere.
    private static bool IsSealed(MimeEntity root) => root.OwnParts().Any(part =>
        part.IsCut || part.MediaType is "multipart/signed" or "multipart/encrypted" or "application/pkcs7-mime" or "application/x-pkcs7-mime");
}
