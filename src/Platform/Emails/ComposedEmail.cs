using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>An e-mail whose content stands in the spool, ready to be accepted; to be disposed, accepted or not.</summary>
internal sealed class ComposedEmail(PreparedEmail email) : IAsyncDisposable
{
    private readonly List<IncomingContent> _contents = [];
    private readonly Dictionary<Mailbox, IncomingContent> _own = [];

    public bool NeedsSmtpUtf8 { get; set; }

    /// <summary>A raw message may hold octets beyond ASCII in its body.</summary>
    private bool IsEightBit => NeedsSmtpUtf8 || email.Request.Raw is { IsEightBit: true };

    public long SizeBytes => _contents.Sum(content => content.LengthBytes);

    /// <summary>What of it is held in memory, larger contents being in files.</summary>
    public long MemoryBytes(long inlineBytes) => _contents.Sum(content => Math.Min(content.LengthBytes, inlineBytes));

    public IncomingMessage? Message { get; private set; }

    public Email? Row { get; private set; }

    public void Add(Mailbox? recipient, IncomingContent content)
    {
        _contents.Add(content);
        if (recipient is not null)
        {
            _own.Add(recipient, content);
        }
    }

    public void Complete(EmailSender sender)
    {
        Message = new IncomingMessage(Describe(sender), _contents[0]) { Own = _own };
        Row = MakeRow(sender);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var content in _contents)
        {
            await content.DisposeAsync();
        }

        _contents.Clear();
    }

    // No Received field: the message begins here, and the application's address is nobody else's business.
    private Submission Describe(EmailSender sender) => new()
    {
        Id = email.Id,
        Envelope = Envelope(),
        Door = Door.Http,
        AccountId = sender.AccountId,
        CredentialId = sender.CredentialId,
        ClientAddress = sender.ClientAddress,
        CompleteHeaders = true,
        AddStreamFields = true,
        Stream = email.Request.Stream,
        ListId = email.Request.ListId,
        Tags = email.Request.Tags,
        NotBefore = email.NotBefore,
        ExpiresAt = email.ExpiresAt,
        Priority = email.Request.Priority,
    };

    // NOTIFY=NEVER: the application learns of failures by status, events and webhooks; a report would only fill the sender's mailbox.
    private Envelope Envelope() => new()
    {
        ReversePath = new ReversePath(email.Request.ReversePath ?? email.Request.Sender.Mailbox),
        Recipients = [.. email.Request.Recipients().Select(recipient => new EnvelopeRecipient(recipient) { Notify = DsnNotify.Never })],
        BodyType = IsEightBit ? BodyType.EightBitMime : BodyType.SevenBit,
        SmtpUtf8 = NeedsSmtpUtf8 || email.Request.Recipients().Any(recipient => recipient.NeedsSmtpUtf8),
    };

    private Email MakeRow(EmailSender sender) => new()
    {
        Id = email.Id,
        AccountId = sender.AccountId,
        DomainId = email.Domain?.Id,
        CreatedAt = email.Date,
        UpdatedAt = email.Date,
        LatestStatus = email.NotBefore is null ? EmailStatus.Queued : EmailStatus.Scheduled,
        WasScheduled = email.NotBefore is not null,
        From = email.Request.FromText,
        To = email.Request.To!.Field,
        Cc = email.Request.Cc?.Field,
        Bcc = email.Request.Bcc?.Field,
        ReplyTo = email.Request.ReplyTo?.Field,
        Subject = email.Content.Subject,
        Html = email.Content.Html,
        Text = email.Content.Text,
        TemplateId = email.Request.TemplateId,
        InReplyTo = email.Parent?.Id,
        MessageIdField = email.MessageIdField,
        References = email.References,
        ScheduledAt = email.NotBefore,
        Tags = email.Request.Tags,
        Stream = email.Request.Stream,
    };
}
