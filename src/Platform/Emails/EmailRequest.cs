using System.Buffers;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>An e-mail as a request describes it: each field well-formed by itself.</summary>
internal sealed class EmailRequest
{
    public NamedMailbox? From { get; set; }

    public GivenAddresses? To { get; set; }

    public GivenAddresses? Cc { get; set; }

    public GivenAddresses? Bcc { get; set; }

    public GivenAddresses? ReplyTo { get; set; }

    public string? Subject { get; set; }

    public string? Html { get; set; }

    public string? Text { get; set; }

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; set; } = [];

    public IReadOnlyList<AttachmentRequest> Attachments { get; set; } = [];

    public DateTimeOffset? ScheduledAt { get; set; }

    /// <summary>Given up then; null: by <see cref="ExpiresIn"/>, else as its stream says.</summary>
    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Given up so long after it is accepted, or after the time it is scheduled for.</summary>
    public TimeSpan? ExpiresIn { get; set; }

    public MessagePriority Priority { get; set; } = MessagePriority.Normal;

    public string? InReplyToId { get; set; }

    public string? TemplateId { get; set; }

    public IReadOnlyDictionary<string, string> Variables { get; set; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Tags { get; set; } = [];

    public MailStream Stream { get; set; }

    /// <summary>The list it belongs to, so that leaving that list stops it; null when it belongs to none.</summary>
    public string? ListId { get; set; }

    public bool? TrackOpens { get; set; }

    public bool? TrackClicks { get; set; }

    /// <summary>Valid once the request was found free of faults.</summary>
    public NamedMailbox Sender => From!;

    public string FromText { get; set; } = string.Empty;

    /// <summary>The message as the client made it; null when it is composed from the other fields, which then only describe it.</summary>
    public RawMessage? Raw { get; set; }

    /// <summary>Who else stands as a sender: in the envelope, further mailboxes of From, Sender.</summary>
    public IReadOnlyList<Mailbox> FurtherSenders { get; set; } = [];

    /// <summary>Null means that of the sender.</summary>
    public Mailbox? ReversePath { get; set; }

    /// <summary>Whom it really goes to; null means to, cc and bcc.</summary>
    public IReadOnlyList<Mailbox>? EnvelopeRecipients { get; set; }

    /// <summary>Everyone it goes to, each once, in the order to, cc, bcc.</summary>
    public IEnumerable<Mailbox> Recipients() => EnvelopeRecipients ??
        ((GivenAddresses?[])[To, Cc, Bcc]).OfType<GivenAddresses>().SelectMany(given => given.Mailboxes).Select(named => named.Mailbox).Distinct();
}

/// <summary>Addresses as given and as understood.</summary>
internal sealed record GivenAddresses(AddressField Field, IReadOnlyList<NamedMailbox> Mailboxes);

/// <summary>An attachment whose content still stands in the request body.</summary>
/// <param name="Content">The base64 text as it stands in the body, checked.</param>
internal sealed record AttachmentRequest(string FileName, string ContentType, string? ContentId, ReadOnlySequence<byte> Content, long SizeBytes);
