using System.Text;

namespace Relay.Mail;

/// <summary>Composes a message from its parts: text, HTML, inline images, attachments (RFC 5322, RFC 2046).</summary>
/// <remarks>
/// The nesting is mixed( alternative( text, related( html, inline… ) ), attachment… ), each level only where it is needed.
/// Lines have at most 998 octets, encoded ones 76. No value can add a field: line ends in values become spaces.
/// A composer may be written more than once; boundaries differ from time to time.
/// </remarks>
public sealed class MessageComposer
{
    private static readonly HashSet<string> OwnFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "From", "Sender", "Reply-To", "To", "Cc", "Bcc", "Subject", "Date", "Message-ID", "MIME-Version", "Received", "Return-Path",
        "DKIM-Signature", "Authentication-Results", "Delivered-To",
    };

    private static readonly string[] OwnPrefixes = ["Content-", "Resent-", "ARC-"];

    public required NamedMailbox From { get; init; }

    /// <summary>Who really sent it, where that differs from <see cref="From"/> (RFC 5322 §3.6.2).</summary>
    public NamedMailbox? Sender { get; init; }

    public IReadOnlyList<NamedMailbox> To { get; init; } = [];

    public IReadOnlyList<NamedMailbox> Cc { get; init; } = [];

    public IReadOnlyList<NamedMailbox> ReplyTo { get; init; } = [];

    public string Subject { get; init; } = string.Empty;

    /// <summary>Null for none; without text and HTML the body is empty text.</summary>
    public string? Text { get; init; }

    public string? Html { get; init; }

    /// <summary>Those with a Content-ID go beside the HTML when there is one.</summary>
    public IReadOnlyList<MessageAttachment> Attachments { get; init; } = [];

    /// <summary>Further fields as free text; names as <see cref="IsAllowedField"/> says.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>Null writes no Date: whoever sends the message prepends one.</summary>
    public required DateTimeOffset? Date { get; init; }

    /// <summary>With its angle brackets, as <see cref="MessageIdField.Make"/> makes it.</summary>
    public required string MessageId { get; init; }

    /// <summary>True when an address in the header is not ASCII, so that only SMTPUTF8 hosts can take the message (RFC 6531).</summary>
    public bool NeedsSmtpUtf8 => AllMailboxes().Any(named => named.Mailbox.NeedsSmtpUtf8);

    /// <summary>True for a field a caller may set: well-formed and none that the composer, the relay or a later host writes.</summary>
    public static bool IsAllowedField(string name) =>
        HeaderFolding.IsFieldName(name)
        && !OwnFields.Contains(name)
        && !OwnPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));

    /// <summary>Writes the whole message, lines ended by CRLF.</summary>
    /// <exception cref="ArgumentException">The message identifier, a content identifier or a field name is not valid.</exception>
    public async ValueTask WriteAsync(Stream output, CancellationToken cancellationToken)
    {
        var body = Body();
        await output.WriteAsync(Encoding.UTF8.GetBytes($"{MessageFields()}{body.Header}\r\n"), cancellationToken);
        await body.WriteBodyAsync(output, cancellationToken);
    }

    private IEnumerable<NamedMailbox> AllMailboxes() => [From, .. To, .. Cc, .. ReplyTo, .. Sender is null ? (NamedMailbox[])[] : [Sender]];

    private string MessageFields()
    {
        if (!MessageIdField.IsValid(MessageId))
        {
            throw new ArgumentException($"'{MessageId}' is not a message identifier");
        }

        var fields = new StringBuilder();
        fields.Append(Date is { } date ? HeaderFolding.Field("Date", MailDate.Format(date)) : string.Empty);
        AppendAddresses(fields, "From", [From]);
        AppendAddresses(fields, "Sender", Sender is null ? [] : [Sender]);
        AppendAddresses(fields, "Reply-To", ReplyTo);
        AppendAddresses(fields, "To", To);
        AppendAddresses(fields, "Cc", Cc);
        if (To.Count + Cc.Count == 0)
        {
            fields.Append(HeaderFolding.Field("To", "undisclosed-recipients:;"));
        }

        fields.Append(HeaderFolding.TextField("Subject", Subject));
        fields.Append(HeaderFolding.Field("Message-ID", MessageId));
        foreach (var (name, value) in Headers)
        {
            fields.Append(IsAllowedField(name)
                ? HeaderFolding.TextField(name, value)
                : throw new ArgumentException($"the field '{name}' cannot be set"));
        }

        return fields.Append(HeaderFolding.Field("MIME-Version", "1.0")).ToString();
    }

    private static void AppendAddresses(StringBuilder fields, string name, IReadOnlyList<NamedMailbox> mailboxes)
    {
        if (mailboxes.Count > 0)
        {
            fields.Append(HeaderFolding.Field(name, AddressList.Of(mailboxes).ToHeaderText()));
        }
    }

    private ComposedPart Body()
    {
        CheckContentIds();
        var byPlace = Attachments.ToLookup(attachment => Html is not null && attachment.ContentId is not null);
        List<MessageAttachment> inline = [.. byPlace[true]];
        List<MessageAttachment> attached = [.. byPlace[false]];
        var main = Main(inline);
        return attached.Count == 0 ? main : ComposedPart.Multipart("mixed", [main, .. attached.Select(MessageAttachmentPart.Make)]);
    }

    private ComposedPart Main(List<MessageAttachment> inline)
    {
        if (Html is null)
        {
            return TextPart("text/plain", Text ?? string.Empty);
        }

        var html = TextPart("text/html", Html);
        if (inline.Count > 0)
        {
            html = ComposedPart.Multipart("related", [html, .. inline.Select(MessageAttachmentPart.Make)], new KeyValuePair<string, string>("type", "text/html"));
        }

        return Text is null ? html : ComposedPart.Multipart("alternative", [TextPart("text/plain", Text), html]);
    }

    private static ComposedPart TextPart(string mediaType, string text) =>
        TransferEncoding.TextPart(mediaType + "; charset=utf-8", TransferEncoding.CanonicalText(text));

    private void CheckContentIds()
    {
        foreach (var attachment in Attachments)
        {
            if (attachment.ContentId is { } contentId && !MessageIdField.IsValid($"<{contentId}>"))
            {
                throw new ArgumentException($"'{contentId}' is not a content identifier");
            }
        }
    }
}
