using System.Text;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Message drafts for store tests.</summary>
public static class Drafts
{
    public static readonly byte[] Content = Encoding.ASCII.GetBytes("From: app@example.com\r\nSubject: hello\r\n\r\nHello.\r\n");

    /// <summary>One message with one variant; each recipient's queue key is its domain, due at once.</summary>
    public static MessageDraft Message(DateTimeOffset now, params IReadOnlyList<string> recipients) =>
        Message(now, RecipientState.Ready, recipients);

    public static MessageDraft Message(DateTimeOffset now, RecipientState state, params IReadOnlyList<string> recipients) =>
        Message(now, [.. recipients.Select(address => Recipient(address, state, now))]);

    public static MessageDraft Message(DateTimeOffset now, IReadOnlyList<RecipientDraft> recipients)
    {
        var id = QueueId.New(now);
        return new MessageDraft
        {
            Message = new QueuedMessage
            {
                Id = id,
                Door = Door.Smtp,
                AcceptedAt = now,
                ExpiresAt = now.AddDays(5),
                ReversePath = new ReversePath(Mailbox.Parse("app@example.com")),
                HeaderFrom = "App <app@example.com>",
                FromDomain = "example.com",
                Subject = "hello",
                MessageId = $"<{id}@example.com>",
                ClientAddress = "192.0.2.1",
                SizeBytes = Content.Length,
            },
            Content = new SpooledContent { SizeBytes = Content.Length, HeaderBytes = 40, Inline = Content },
            Variants = [new VariantDraft { Prefix = "Received: from test\r\n"u8.ToArray(), Recipients = recipients }],
            Events = [new DeliveryEvent { Kind = DeliveryEventKind.Accepted, At = now, MessageId = id }],
        };
    }

    public static RecipientDraft Recipient(string address, RecipientState state, DateTimeOffset nextAttempt)
    {
        var mailbox = Mailbox.Parse(address);
        return new RecipientDraft { Address = mailbox, QueueKey = mailbox.DomainText, State = state, NextAttempt = nextAttempt };
    }

    public static MessageDraft With(this MessageDraft draft, Func<QueuedMessage, QueuedMessage> change) =>
        draft with { Message = change(draft.Message) };

    /// <summary>Whole messages in ASCII, CRLF line ends.</summary>
    public static MessageDraft WithContent(this MessageDraft draft, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        var header = text.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4;
        return draft with
        {
            Message = draft.Message with { SizeBytes = bytes.Length, Subject = HeaderBlock.Parse(bytes).Text("Subject") },
            Content = new SpooledContent { SizeBytes = bytes.Length, HeaderBytes = header, Inline = bytes },
        };
    }

    /// <summary>Settles every recipient of the task the same way.</summary>
    public static Settlement Outcome(DeliveryTask task, RecipientState state, DateTimeOffset at, DateTimeOffset? nextAttempt = null) => new()
    {
        Lease = task.Lease,
        MessageId = task.Message.Id,
        VariantId = task.Variant.Id,
        Recipients = [.. task.Recipients.Select(recipient => Outcome(recipient, state, at, nextAttempt))],
    };

    public static RecipientSettlement Outcome(QueuedRecipient recipient, RecipientState state, DateTimeOffset at, DateTimeOffset? nextAttempt = null) =>
        new()
        {
            RecipientId = recipient.Id,
            State = state,
            Attempts = recipient.Attempts + 1,
            NextAttempt = nextAttempt,
            LastReply = "250 2.0.0 said " + state,
            LastHost = "mx.example.com [192.0.2.25]",
            Event = new DeliveryEvent
            {
                Kind = state switch
                {
                    RecipientState.Deferred => DeliveryEventKind.Deferred,
                    RecipientState.Bounced => DeliveryEventKind.Bounced,
                    RecipientState.Expired => DeliveryEventKind.Expired,
                    RecipientState.Captured => DeliveryEventKind.Captured,
                    RecipientState.Suppressed => DeliveryEventKind.Suppressed,
                    RecipientState.Cancelled => DeliveryEventKind.Cancelled,
                    _ => DeliveryEventKind.Delivered,
                },
                At = at,
                MessageId = recipient.MessageId,
                RecipientId = recipient.Id,
                Recipient = recipient.Address.ToString(),
                Attempt = recipient.Attempts + 1,
            },
        };
}
