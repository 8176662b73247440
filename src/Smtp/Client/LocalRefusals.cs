using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>What the peer could only refuse, judging by its EHLO reply; refused here without asking. Null means: ask.</summary>
internal static class LocalRefusals
{
    /// <summary>Refusals that concern all recipients.</summary>
    /// <remarks>REQUIRETLS also needs a verified peer (RFC 8689 §4.2.1); that is the caller's TLS policy, which knows DANE too.</remarks>
    public static SmtpReply? OfMessage(ClientTransaction transaction, PeerExtensions extensions, bool isEncrypted)
    {
        var envelope = transaction.Envelope;
        if (envelope.RequireTls && !(isEncrypted && extensions.RequireTls))
        {
            return SmtpReply.Of(550, "5.7.30", "REQUIRETLS is demanded, but the next host does not support it");
        }

        if (transaction.SizeBytes > extensions.MaxSizeBytes)
        {
            return SmtpReply.Of(552, "5.3.4", $"message of {transaction.SizeBytes} octets is larger than the {extensions.MaxSizeBytes} the next host takes");
        }

        if (!extensions.SmtpUtf8 && (envelope.SmtpUtf8 || envelope.ReversePath.Mailbox is { NeedsSmtpUtf8: true }))
        {
            return SmtpReply.Of(550, "5.6.7", "message needs SMTPUTF8, which the next host does not support");
        }

        return envelope.BodyType switch
        {
            BodyType.EightBitMime when !extensions.EightBitMime =>
                SmtpReply.Of(554, "5.6.3", "message needs conversion, because the next host does not take 8-bit content"),
            BodyType.BinaryMime when !(extensions.BinaryMime && extensions.Chunking) =>
                SmtpReply.Of(554, "5.6.1", "message is binary, which the next host does not take"),
            _ => null,
        };
    }

    /// <summary>Refusals that concern one recipient only.</summary>
    public static SmtpReply? OfRecipient(EnvelopeRecipient recipient, PeerExtensions extensions) =>
        recipient.Mailbox.NeedsSmtpUtf8 && !extensions.SmtpUtf8
            ? SmtpReply.Of(550, "5.6.7", "address needs SMTPUTF8, which the next host does not support")
            : null;
}
