using System.Text;
using Relay.Mail;
using Relay.Platform.Contacts;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Writes the header fields that the configuration asks for in mail of a stream, unless the message brings its own.</summary>
internal sealed class StreamFieldWriter(UnsubscribeLinks links, FeedbackIdCodec feedbackIds, PlatformOptions options) : IStreamFields
{
    /// <summary>People complain of old mail, too; the message itself is kept for about as long.</summary>
    private static readonly TimeSpan ComplaintsAfterExpiry = TimeSpan.FromDays(30);

    public StreamFields For(QueuedMessage message, HeaderBlock header)
    {
        if (!options.Streams.TryGetValue(message.Stream, out var stream))
        {
            return StreamFields.None;
        }

        var isOneClick = stream.OneClick && header.Find("List-Unsubscribe") is null && header.Find("List-Unsubscribe-Post") is null;
        var takesComplaints = stream.ComplaintMailbox is not null && header.Find("CFBL-Address") is null && header.Find(FeedbackIdCodec.FieldName) is null && IsVouchedFor(message, stream);
        var shared = new StringBuilder();
        if (stream.FeedbackId is { } form && header.Find("Feedback-ID") is null)
        {
            var name = SuppressionScope.Of(message.Stream).ToKey().Split(':')[1];
            shared.Append("Feedback-ID: ").Append(FeedbackIdForm.Fill(form, message.Tags.Count > 0 ? message.Tags[0] : null, message.AccountId, name, message.FromDomain)).Append("\r\n");
        }

        if (takesComplaints)
        {
            shared.Append("CFBL-Address: ").Append(stream.ComplaintMailbox).Append("; report=arf\r\n");
        }

        if (takesComplaints && !isOneClick)
        {
            shared.Append(FeedbackId(message, null));
        }

        return new StreamFields(shared.ToString(), isOneClick ? Own : null);

        string Own(Mailbox recipient) =>
            (takesComplaints ? FeedbackId(message, recipient) : string.Empty) + links.FieldsOf(message, recipient, stream.UnsubscribeMailbox);
    }

    private string FeedbackId(QueuedMessage message, Mailbox? only) =>
        $"{FeedbackIdCodec.FieldName}: {feedbackIds.Encode(message.Id, only, message.ExpiresAt + ComplaintsAfterExpiry)}\r\n";

    // RFC 9477 §3.1: the address is of From's domain or one above it, or another signature is of the address's domain.
    private static bool IsVouchedFor(QueuedMessage message, StreamFieldOptions stream)
    {
        var address = stream.ComplaintMailbox!.Domain?.Ascii;
        return address is not null
            && (stream.Cosigner?.Ascii == address
                || message.FromDomain == address
                || message.FromDomain?.EndsWith("." + address, StringComparison.Ordinal) == true);
    }
}
