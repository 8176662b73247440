using Relay.Mail;
using Relay.Platform.Contacts;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Writes the header fields that the configuration asks for in mail of a stream, unless the message brings its own.</summary>
internal sealed class StreamFieldWriter(UnsubscribeLinks links, PlatformOptions options) : IStreamFields
{
    public StreamFields For(QueuedMessage message, HeaderBlock header)
    {
        if (!options.Streams.TryGetValue(message.Stream, out var stream))
        {
            return StreamFields.None;
        }

        var isUnsubscribable = stream.OneClick && header.Find("List-Unsubscribe") is null && header.Find("List-Unsubscribe-Post") is null;
        return new StreamFields(string.Empty, isUnsubscribable ? recipient => links.FieldsOf(message, recipient, stream.UnsubscribeMailbox) : null);
    }
}
