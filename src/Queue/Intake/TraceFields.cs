using System.Net;
using System.Net.Sockets;
using System.Text;
using Relay.Mail;

namespace Relay.Queue;

/// <summary>Composes what we prepend: Received (RFC 5321 §4.4), and Date and Message-ID where a submission lacks them (RFC 6409 §8).</summary>
internal sealed class TraceFields
{
    private readonly string _hostname;

    public TraceFields(string hostname) => _hostname = hostname;

    public string MessageId(QueueId id) => $"<{id}@{_hostname}>";

    /// <param name="streamFields">Behind our own; complete CRLF lines.</param>
    public byte[] Compose(QueuedMessage message, Submission submission, HeaderFacts facts, string streamFields = "")
    {
        var text = new StringBuilder(400 + streamFields.Length);
        if (submission.Trace is { } trace)
        {
            AppendReceived(text, message, submission.Envelope, trace);
        }

        if (submission.AddDate && !facts.HasDate)
        {
            text.Append(DateField.Make(message.NotBefore ?? message.AcceptedAt));
        }

        if (submission.AddMessageId && facts.MessageId is null)
        {
            text.Append("Message-ID: ").Append(message.MessageId).Append("\r\n");
        }

        text.Append(streamFields);
        if (!facts.HasHeader)
        {
            // The content starts with body text: without this line its first line would join our fields.
            text.Append("\r\n");
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void AppendReceived(StringBuilder text, QueuedMessage message, Envelope envelope, TraceInfo trace)
    {
        text.Append("Received: ");
        if (!trace.IsClientHidden && trace.LocalUserId is null)
        {
            text.Append("from ").Append(Sanitise(trace.HelloName)).Append(" (").Append(AddressText(trace.ClientAddress)).Append(")\r\n\t");
        }

        text.Append("by ").Append(_hostname);
        if (trace.LocalUserId is { } user)
        {
            // A comment, as others write it: no protocol brought the message, and no name of the user goes out.
            text.Append(" (from userid ").Append(user).Append(')');
        }
        else
        {
            AppendProtocol(text, trace);
        }

        text.Append("\r\n\tid ").Append(message.Id.ToString());
        if (envelope.Recipients is [var only] && !only.Mailbox.NeedsSmtpUtf8)
        {
            // Named only when alone: other recipients must not learn of each other.
            text.Append("\r\n\tfor <").Append(only.Mailbox.ToString()).Append('>');
        }

        text.Append(";\r\n\t").Append(MailDate.Format(message.AcceptedAt)).Append("\r\n");
    }

    private static void AppendProtocol(StringBuilder text, TraceInfo trace)
    {
        text.Append(" with ").Append(trace.Protocol);
        if (trace.Tls is not null)
        {
            text.Append(" tls ").Append(trace.Tls);
        }
    }

    private static string AddressText(IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return plain.AddressFamily == AddressFamily.InterNetworkV6 ? $"[IPv6:{plain}]" : $"[{plain}]";
    }

    // The client chose this text: keep only what a domain or literal may hold.
    private static string Sanitise(string helloName)
    {
        var isPlain = helloName.Length is > 0 and <= 255 && helloName.All(c => char.IsAsciiLetterOrDigit(c) || ".-_:[]".Contains(c, StringComparison.Ordinal));
        return isPlain ? helloName : "unknown";
    }
}
