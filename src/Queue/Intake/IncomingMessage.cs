using System.Collections.Frozen;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>One message on its way in: envelope and content, and the content of recipients that get a copy of their own.</summary>
public sealed record IncomingMessage(Submission Submission, IncomingContent Content)
{
    /// <summary>Recipients whose copy differs; the others share <see cref="Content"/>. Each makes a variant.</summary>
    public IReadOnlyDictionary<Mailbox, IncomingContent> Own { get; init; } = FrozenDictionary<Mailbox, IncomingContent>.Empty;

    internal IncomingContent ContentOf(Mailbox recipient) => Own.GetValueOrDefault(recipient) ?? Content;

    /// <summary>Each content once, the shared one first: it may be that of a recipient, too.</summary>
    internal IEnumerable<IncomingContent> Contents() => Own.Count == 0 ? [Content] : Own.Values.Prepend(Content).Distinct();
}
