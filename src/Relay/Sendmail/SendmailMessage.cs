using System.Buffers;
using System.Text;
using Relay.Mail;

namespace Relay;

/// <summary>What <c>sendmail</c> hands over: envelope and content.</summary>
internal sealed record SendmailMessage(Envelope Envelope, byte[] Content)
{
    private static readonly byte[][] Hidden = ["bcc"u8.ToArray(), "resent-bcc"u8.ToArray()];

    /// <summary>Makes a message of what a program wrote: line ends become CRLF, Bcc goes, From is made where it is missing.</summary>
    /// <param name="input">As written, to its end or, without <c>-i</c>, to a line with a dot alone.</param>
    /// <param name="user">Name of who runs the program.</param>
    /// <exception cref="UsageException">Nobody to send to, or an address that is none.</exception>
    public static SendmailMessage Make(SendmailArguments arguments, byte[] input, string user, RelayOptions options)
    {
        var content = ToCrlf(arguments.IgnoresDots ? input : UpToDot(input));
        var header = HeaderBlock.Parse(content);
        var sender = arguments.Sender switch
        {
            null => ReadAddress(user, options),
            "" => null,
            var text => ReadAddress(text, options),
        };
        var recipients = arguments.Recipients.Select(text => ReadRecipient(text, options)).ToList();
        if (arguments.ReadsRecipients)
        {
            recipients.AddRange(RecipientsOf(header, options));
        }

        if (recipients.Count == 0)
        {
            throw new UsageException("sendmail: no recipients: name them, or use -t and To, Cc or Bcc");
        }

        content = WithoutHidden(content);
        if (!header.Contains("From"))
        {
            content = [.. FromField(arguments, sender ?? ReadAddress(user, options)), .. header.Fields.Count == 0 ? "\r\n"u8 : default, .. content];
        }

        var envelope = new Envelope
        {
            ReversePath = new ReversePath(sender),
            Recipients = [.. recipients.Distinct().Select(mailbox => new EnvelopeRecipient(mailbox) { Notify = arguments.Notify })],
            BodyType = content.AsSpan().ContainsAnyExceptInRange((byte)0, (byte)0x7f) ? BodyType.EightBitMime : BodyType.SevenBit,
            SmtpUtf8 = recipients.Exists(r => r.NeedsSmtpUtf8) || sender is { NeedsSmtpUtf8: true } || header.Bytes.Span.ContainsAnyExceptInRange((byte)0, (byte)0x7f),
            Return = arguments.Return,
            EnvelopeId = arguments.EnvelopeId,
        };
        return new SendmailMessage(envelope, content);
    }

    // "root" of this host is read by its postmaster, where one is named: there are no mailboxes here.
    private static Mailbox ReadRecipient(string text, RelayOptions options) =>
        !text.Contains('@', StringComparison.Ordinal) && options.Local.Postmaster is not null
            ? ReadAddress("postmaster", options)
            : ReadAddress(text.Trim('<', '>', ' '), options);

    private static Mailbox ReadAddress(string text, RelayOptions options)
    {
        var full = text.Contains('@', StringComparison.Ordinal) ? text : $"{text}@{options.Hostname.Ascii}";
        return Mailbox.TryParse(full, out var mailbox) ? mailbox : throw new UsageException($"sendmail: {text} is not an address");
    }

    private static IEnumerable<Mailbox> RecipientsOf(HeaderBlock header, RelayOptions options)
    {
        foreach (var name in (string[])["To", "Cc", "Bcc"])
        {
            foreach (var field in header.FindAll(name))
            {
                var list = AddressList.Parse(field.Value);
                foreach (var text in list.Select(address => address.Mailbox.ToString()).Concat(list.Unparsed))
                {
                    yield return ReadRecipient(text, options);
                }
            }
        }
    }

    private static byte[] FromField(SendmailArguments arguments, Mailbox sender)
    {
        var text = new NamedMailbox(arguments.FullName, sender).ToString();
        return Encoding.UTF8.GetBytes($"From: {text}\r\n");
    }

    private static byte[] UpToDot(byte[] input)
    {
        var at = 0;
        while (at < input.Length)
        {
            var rest = input.AsSpan(at);
            if (rest.StartsWith(".\n"u8) || rest.StartsWith(".\r\n"u8) || rest.SequenceEqual("."u8))
            {
                return input[..at];
            }

            var end = rest.IndexOf((byte)'\n');
            at = end < 0 ? input.Length : at + end + 1;
        }

        return input;
    }

    private static byte[] ToCrlf(byte[] input)
    {
        var content = new ArrayBufferWriter<byte>(input.Length + (input.Length / 32) + 2);
        var at = 0;
        while (at < input.Length)
        {
            var rest = input.AsSpan(at);
            var end = rest.IndexOf((byte)'\n');
            var line = end < 0 ? rest : rest[..end];
            content.Write(line.EndsWith("\r"u8) ? line[..^1] : line);
            content.Write("\r\n"u8);
            at += end < 0 ? rest.Length : end + 1;
        }

        return content.WrittenSpan.ToArray();
    }

    private static byte[] WithoutHidden(byte[] content)
    {
        var filter = new HeaderFilter([], Hidden);
        using var kept = new MemoryStream(content.Length);
        ReadOnlyMemory<byte> rest = content;
        while (!rest.IsEmpty)
        {
            kept.Write(filter.Filter(rest, out var consumed).Span);
            rest = rest[consumed..];
        }

        kept.Write(filter.End().Span);
        return kept.ToArray();
    }
}
