using Relay.Mail;
using Relay.Queue;

namespace Relay.Admin;

/// <summary>Sends captured mail for real: a new message with the same content and envelope, past sandbox and capture routes.</summary>
internal sealed class MessageRelease(MessageIntake intake, StoredContent content)
{
    /// <param name="recipients">Addresses to send to; they need not be those that were captured.</param>
    /// <returns>The new message, or the reply that refuses it.</returns>
    public async ValueTask<IntakeResult> SendAsync(
        MessageDetails captured, IReadOnlyList<Mailbox> recipients, string? client, CancellationToken cancellationToken)
    {
        var message = captured.Message;
        await using var incoming = intake.Begin();
        await using (var pipe = new ContentStream(incoming))
        {
            await content.CopyAsync(captured, pipe, cancellationToken);
        }

        var known = captured.Recipients.ToDictionary(recipient => recipient.Address);
        return await intake.AcceptAsync(incoming, new Submission
        {
            Door = message.Door,
            AccountId = message.AccountId,
            CredentialId = message.CredentialId,
            Stream = message.Stream,
            Tags = message.Tags,
            Priority = message.Priority,
            ClientAddress = client,
            Rule = Submission.DeliverRule,
            Envelope = new Envelope
            {
                ReversePath = message.ReversePath,
                Recipients = [.. recipients.Select(mailbox => new EnvelopeRecipient(mailbox) { Notify = known.GetValueOrDefault(mailbox)?.Notify ?? default })],
                BodyType = message.BodyType,
                SmtpUtf8 = message.SmtpUtf8 || recipients.Any(mailbox => mailbox.NeedsSmtpUtf8),
                RequireTls = message.RequireTls,
                Return = message.Return,
                EnvelopeId = message.EnvelopeId,
            },
        });
    }

    /// <summary>Writes go to the intake.</summary>
    private sealed class ContentStream(IncomingContent content) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            content.WriteAsync(buffer, cancellationToken);

        public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
