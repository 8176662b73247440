using Relay.Mail;
using Relay.Senders;

namespace Relay.Platform.Contacts;

/// <summary>Links by which people leave: in the body of a mail, and in List-Unsubscribe for the button of their mail program (RFC 8058).</summary>
public sealed class UnsubscribeLinks(LinkTokens tokens, PlatformOptions options)
{
    /// <summary>The page of a contact; null while the public listener has no address.</summary>
    /// <param name="messageId">The message the link stands in, so that leaving counts for it; null when it stands in none.</param>
    public Uri? UrlOf(long accountId, long bookId, long contactId, Mailbox address, Queue.QueueId? messageId = null) => options.PublicUrl is not { } root
        ? null
        : new Uri($"{root.OriginalString.TrimEnd('/')}/u/" + tokens.Write(new LinkToken
        {
            Purpose = LinkPurpose.Unsubscribe,
            AccountId = accountId,
            ListId = bookId,
            MemberId = contactId,
            Recipient = address.ToString(),
            Stream = (int)Queue.MailStream.Broadcast,
            MessageId = messageId is { } id ? id.ToBytes() : default(ReadOnlyMemory<byte>),
        }));
}
