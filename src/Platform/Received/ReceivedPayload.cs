using System.Text;
using System.Text.Json;
using Relay.Mail;
using Relay.Platform.Webhooks;

namespace Relay.Platform.Received;

/// <summary>The data of <c>email.received</c>: the message read and raw, within bounds; what is left out is said.</summary>
internal static class ReceivedPayload
{
    public const string Type = "email.received";

    /// <summary>A larger message is handed over without its raw form.</summary>
    internal const int MaxRawBytes = 10 * 1024 * 1024;

    /// <summary>Of all attachments together; those beyond are named without their content.</summary>
    internal const int MaxAttachmentBytes = 10 * 1024 * 1024;

    /// <summary>Of text and of HTML; the rest is cut off.</summary>
    internal const int MaxTextLength = 1024 * 1024;

    private const int MaxFields = 2_000;

    public static void Write(Utf8JsonWriter json, ReceivedMail mail, MailAuthentication authentication, byte[] raw)
    {
        var header = mail.Parsed.Header;
        json.WriteStartObject();
        json.WriteString("id", mail.Id.ToString());
        json.WriteString("receivedAt", WebhookPayload.Time(mail.ReceivedAt));
        WriteEnvelope(json, mail);
        WriteAuthentication(json, authentication);
        WriteText(json, "subject", header.Text("Subject"));
        WriteText(json, "messageId", header.Value("Message-ID"));
        WriteAddresses(json, "from", header);
        WriteAddresses(json, "to", header);
        WriteAddresses(json, "cc", header);
        WriteAddresses(json, "replyTo", header, "Reply-To");
        WriteHeaders(json, header);
        WriteParts(json, mail.Parsed);
        WriteRaw(json, raw);
        json.WriteEndObject();
    }

    private static void WriteEnvelope(Utf8JsonWriter json, ReceivedMail mail)
    {
        json.WriteStartObject("envelope");
        WriteText(json, "from", mail.ReversePath.Mailbox?.ToString() ?? string.Empty);
        json.WriteStartArray("to");
        foreach (var recipient in mail.Recipients)
        {
            json.WriteStringValue(recipient.ToString());
        }

        json.WriteEndArray();
        WriteText(json, "clientAddress", mail.ClientAddress);
        WriteText(json, "hello", mail.HelloName);
        json.WriteEndObject();
    }

    private static void WriteAuthentication(Utf8JsonWriter json, MailAuthentication authentication)
    {
        json.WriteStartObject("authentication");
        json.WriteStartObject("spf");
        json.WriteString("result", authentication.Spf.Word);
        WriteText(json, "domain", authentication.Spf.Domain);
        WriteText(json, "reason", authentication.Spf.Reason);
        json.WriteEndObject();
        json.WriteStartArray("dkim");
        foreach (var result in authentication.Dkim)
        {
            json.WriteStartObject();
            json.WriteString("result", result.Outcome.ToString().ToLowerInvariant());
            WriteText(json, "domain", result.Domain);
            WriteText(json, "selector", result.Selector);
            WriteText(json, "algorithm", result.Algorithm);
            WriteText(json, "reason", result.Reason);
            json.WriteBoolean("coversWholeBody", result.CoversWholeBody);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("dmarc");
        json.WriteString("result", authentication.Dmarc.Result);
        WriteText(json, "domain", authentication.Dmarc.Domain);
        WriteText(json, "policy", authentication.Dmarc.Policy);
        WriteText(json, "reason", authentication.Dmarc.Reason);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteAddresses(Utf8JsonWriter json, string name, HeaderBlock header, string? field = null)
    {
        json.WriteStartArray(name);
        foreach (var address in header.Addresses(field ?? name))
        {
            json.WriteStartObject();
            WriteText(json, "name", address.DisplayName);
            WriteText(json, "address", address.Mailbox.ToString());
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteHeaders(Utf8JsonWriter json, HeaderBlock header)
    {
        json.WriteStartArray("headers");
        foreach (var field in header.Fields.Take(MaxFields))
        {
            json.WriteStartObject();
            json.WriteString("name", field.Name);
            WriteText(json, "value", field.Value);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("headersCut", header.Fields.Count > MaxFields);
    }

    private static void WriteParts(Utf8JsonWriter json, MimeEntity message)
    {
        var parts = message.OwnParts().Where(part => !part.IsMultipart).ToList();
        var text = parts.Find(part => IsBody(part, "text/plain"));
        var html = parts.Find(part => IsBody(part, "text/html"));
        WriteBody(json, "text", text);
        WriteBody(json, "html", html);
        json.WriteStartArray("attachments");
        var room = MaxAttachmentBytes;
        foreach (var part in parts.Where(part => part != text && part != html))
        {
            room -= WriteAttachment(json, part, room);
        }

        json.WriteEndArray();
    }

    private static bool IsBody(MimeEntity part, string mediaType) =>
        part.MediaType == mediaType && part.Disposition != "attachment" && part.FileName is null;

    private static void WriteBody(Utf8JsonWriter json, string name, MimeEntity? part)
    {
        var text = part?.GetText();
        WriteText(json, name, text is { Length: > MaxTextLength } ? text[..MaxTextLength] : text);
        json.WriteBoolean(name + "Cut", text is { Length: > MaxTextLength });
    }

    /// <returns>Octets that were written.</returns>
    private static int WriteAttachment(Utf8JsonWriter json, MimeEntity part, int room)
    {
        var content = part.GetContent();
        var isWhole = content.Length <= room;
        json.WriteStartObject();
        WriteText(json, "name", part.FileName);
        WriteText(json, "type", part.MediaType);
        WriteText(json, "contentId", part.ContentId);
        json.WriteBoolean("inline", part.Disposition == "inline");
        json.WriteNumber("size", content.Length);
        json.WriteBoolean("omitted", !isWhole);
        if (isWhole)
        {
            json.WriteBase64String("content", content);
        }

        json.WriteEndObject();
        return isWhole ? content.Length : 0;
    }

    private static void WriteRaw(Utf8JsonWriter json, byte[] raw)
    {
        json.WriteNumber("rawSize", raw.Length);
        json.WriteBoolean("rawOmitted", raw.Length > MaxRawBytes);
        if (raw.Length <= MaxRawBytes)
        {
            json.WriteBase64String("raw", raw);
        }
    }

    // Text of strangers, perhaps cut within a character: what is no Unicode becomes U+FFFD.
    private static void WriteText(Utf8JsonWriter json, string name, string? text)
    {
        if (text is null)
        {
            json.WriteNull(name);
        }
        else
        {
            json.WriteString(name, Encoding.UTF8.GetBytes(text));
        }
    }
}
