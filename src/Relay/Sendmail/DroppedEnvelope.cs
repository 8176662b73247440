using Relay.Mail;

namespace Relay;

/// <summary>The first line of a file in the maildrop. Any user can write one: what is read is looked at as strictly as at the SMTP door.</summary>
internal sealed record DroppedEnvelope(
    string? From, IReadOnlyList<string> To, BodyType Body, bool Utf8, DsnNotify Notify, DsnReturn Return, string? EnvelopeId)
{
    /// <summary>Room for some ten thousand recipients.</summary>
    public const int MaxBytes = 1024 * 1024;

    private const int MaxEnvelopeIdLength = 100;
    private const DsnNotify AllNotify = DsnNotify.Success | DsnNotify.Failure | DsnNotify.Delay;

    public static DroppedEnvelope Of(Envelope envelope) => new(
        envelope.ReversePath.Mailbox?.ToString(),
        [.. envelope.Recipients.Select(recipient => recipient.Mailbox.ToString())],
        envelope.BodyType,
        envelope.SmtpUtf8,
        envelope.Recipients[0].Notify,
        envelope.Return,
        envelope.EnvelopeId);

    /// <exception cref="FormatException">It says what no client may say.</exception>
    public Envelope ToEnvelope(ReadOnlySpan<byte> content)
    {
        if (To.Count == 0)
        {
            throw new FormatException("the envelope has no recipients");
        }

        if (Body is not (BodyType.SevenBit or BodyType.EightBitMime) || !Enum.IsDefined(Return) || (Notify != DsnNotify.Never && (Notify & ~AllNotify) != 0))
        {
            throw new FormatException("the envelope has a parameter that does not exist");
        }

        if (EnvelopeId is { } id && (id.Length > MaxEnvelopeIdLength || id.Any(letter => letter is < ' ' or > '~')))
        {
            throw new FormatException("the envelope's id is too long, or not printable");
        }

        var sender = From is null ? null : Mailbox.Parse(From);
        EnvelopeRecipient[] recipients = [.. To.Select(address => new EnvelopeRecipient(Mailbox.Parse(address)) { Notify = Notify })];
        return new Envelope
        {
            ReversePath = new ReversePath(sender),
            Recipients = recipients,
            BodyType = Body == BodyType.SevenBit && content.ContainsAnyExceptInRange((byte)0, (byte)0x7f) ? BodyType.EightBitMime : Body,
            SmtpUtf8 = Utf8 || sender is { NeedsSmtpUtf8: true } || recipients.Any(recipient => recipient.Mailbox.NeedsSmtpUtf8),
            Return = Return,
            EnvelopeId = EnvelopeId,
        };
    }
}
