using System.Globalization;
using System.Text;
using Relay.Mail;

namespace Relay.Smtp.Client;

/// <summary>MAIL and RCPT with the parameters the peer understands; without CRLF.</summary>
internal static class EnvelopeCommands
{
    public static string Mail(ClientTransaction transaction, PeerExtensions extensions)
    {
        var envelope = transaction.Envelope;
        var command = new StringBuilder(128).Append("MAIL FROM:<").Append(envelope.ReversePath.ToString()).Append('>');
        if (extensions.SizeAnnounced)
        {
            command.Append(CultureInfo.InvariantCulture, $" SIZE={transaction.SizeBytes}");
        }

        if (envelope.BodyType == BodyType.EightBitMime && extensions.EightBitMime)
        {
            command.Append(" BODY=8BITMIME");
        }
        else if (envelope.BodyType == BodyType.BinaryMime)
        {
            command.Append(" BODY=BINARYMIME");
        }

        if (extensions.SmtpUtf8 && NeedsSmtpUtf8(envelope))
        {
            command.Append(" SMTPUTF8");
        }

        if (envelope.RequireTls && extensions.RequireTls)
        {
            command.Append(" REQUIRETLS");
        }

        if (extensions.Dsn)
        {
            AppendReturn(command, envelope);
        }

        return command.ToString();
    }

    public static string Recipient(EnvelopeRecipient recipient, PeerExtensions extensions)
    {
        var command = "RCPT TO:<" + recipient.Mailbox + ">";
        if (!extensions.Dsn)
        {
            return command;
        }

        if (recipient.Notify != DsnNotify.Unspecified)
        {
            command += " NOTIFY=" + NotifyText(recipient.Notify);
        }

        return recipient.OriginalRecipient is { } original
            ? command + " ORCPT=" + Xtext.EncodeOriginalRecipient(original)
            : command;
    }

    private static bool NeedsSmtpUtf8(Envelope envelope)
    {
        if (envelope.SmtpUtf8 || envelope.ReversePath.Mailbox is { NeedsSmtpUtf8: true })
        {
            return true;
        }

        foreach (var recipient in envelope.Recipients)
        {
            if (recipient.Mailbox.NeedsSmtpUtf8)
            {
                return true;
            }
        }

        return false;
    }

    private static void AppendReturn(StringBuilder command, Envelope envelope)
    {
        if (envelope.Return != DsnReturn.Unspecified)
        {
            command.Append(" RET=").Append(envelope.Return == DsnReturn.Full ? "FULL" : "HDRS");
        }

        if (envelope.EnvelopeId is { } id)
        {
            command.Append(" ENVID=").Append(Xtext.Encode(id));
        }
    }

    // RFC 3461 §4.1: NEVER stands alone.
    private static string NotifyText(DsnNotify notify)
    {
        if (notify.HasFlag(DsnNotify.Never))
        {
            return "NEVER";
        }

        var words = new List<string>(3);
        AddIf(DsnNotify.Success, "SUCCESS");
        AddIf(DsnNotify.Failure, "FAILURE");
        AddIf(DsnNotify.Delay, "DELAY");
        return string.Join(',', words);

        void AddIf(DsnNotify flag, string word)
        {
            if (notify.HasFlag(flag))
            {
                words.Add(word);
            }
        }
    }
}
