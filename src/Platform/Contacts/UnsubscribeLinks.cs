using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Contacts;

/// <summary>Links by which people leave: in the body of a mail, and in List-Unsubscribe for the button of their mail program (RFC 8058).</summary>
public sealed class UnsubscribeLinks(LinkTokens tokens, PlatformOptions options)
{
    /// <summary>The page of a contact; null while the public listener has no address.</summary>
    /// <param name="messageId">The message the link stands in, so that leaving counts for it; null when it stands in none.</param>
    public Uri? UrlOf(long accountId, long bookId, long contactId, Mailbox address, QueueId? messageId = null) => options.PublicUrl is not { } root
        ? null
        : UrlOf(root, tokens.Write(new LinkToken
        {
            Purpose = LinkPurpose.Unsubscribe,
            AccountId = accountId,
            ListId = bookId,
            MemberId = contactId,
            Recipient = address.ToString(),
            Stream = (int)MailStream.Broadcast,
            MessageId = messageId is { } id ? id.ToBytes() : default(ReadOnlyMemory<byte>),
        }));

    /// <summary>The two fields of RFC 8058 §3.1 for a recipient of a message that belongs to no book, CRLF lines: they end the mail of its stream.</summary>
    /// <param name="mailbox">Address for reports to which a mail program may write in place of the link; null: none.</param>
    /// <exception cref="InvalidOperationException">The public listener has no address.</exception>
    public string FieldsOf(QueuedMessage message, Mailbox recipient, Mailbox? mailbox)
    {
        var token = tokens.Write(new LinkToken
        {
            Purpose = LinkPurpose.Unsubscribe,
            AccountId = message.AccountId,
            Recipient = recipient.ToString(),
            Stream = (int)message.Stream,
            MessageId = message.Id.ToBytes(),
        });
        var root = options.PublicUrl ?? throw new InvalidOperationException("no public URL");
        var byMail = mailbox is null ? string.Empty : $",\r\n\t<mailto:{Uri.EscapeDataString(mailbox.LocalPart)}@{mailbox.DomainText}?subject=unsubscribe%20{token}>";
        return $"List-Unsubscribe: <{InAscii(UrlOf(root, token))}>{byMail}\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
    }

    private static Uri UrlOf(Uri root, string token) => new($"{root.OriginalString.TrimEnd('/')}/u/{token}");

    // A header field is ASCII, whatever the host's name is.
    private static string InAscii(Uri url) =>
        url.HostNameType == UriHostNameType.Dns ? new UriBuilder(url) { Host = url.IdnHost, Port = url.IsDefaultPort ? -1 : url.Port }.Uri.AbsoluteUri : url.AbsoluteUri;
}
