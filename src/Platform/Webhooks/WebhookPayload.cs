using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Relay.Platform.Emails;
using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>What is posted: <c>{id, type, version, createdAt, teamId, data}</c>.</summary>
internal static class WebhookPayload
{
    /// <summary>Grows when a member changes its meaning, not when one is added.</summary>
    public const string Version = "1";

    // Read by JSON parsers, never put into a page; addresses and subjects stay readable.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Write(Guid uid, string type, DateTimeOffset at, long accountId, Action<Utf8JsonWriter> writeData)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            json.WriteStartObject();
            json.WriteString("id", PublicId.Text(uid));
            json.WriteString("type", type);
            json.WriteString("version", Version);
            json.WriteString("createdAt", Time(at));
            json.WriteNumber("teamId", accountId);
            json.WritePropertyName("data");
            writeData(json);
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>The data of an e-mail's event: what all have, then what is particular to its type.</summary>
    public static void WriteEmail(Utf8JsonWriter json, EmailFacts facts, DeliveryEvent deliveryEvent, EmailStatus? status)
    {
        json.WriteStartObject();
        json.WriteString("id", deliveryEvent.MessageId.ToString());
        Write(json, "status", status?.Name());
        json.WriteString("from", facts.From);
        WriteTexts(json, "to", facts.To);
        Write(json, "subject", facts.Message?.Subject);
        json.WriteString("occurredAt", Time(deliveryEvent.At));
        if (facts.DomainId is { } domainId)
        {
            json.WriteNumber("domainId", domainId);
        }

        WriteTexts(json, "tags", facts.Message?.Tags ?? []);
        Write(json, "stream", facts.Message?.Stream.ToString().ToLowerInvariant());
        WriteParticulars(json, deliveryEvent, status);
        json.WriteEndObject();
    }

    public static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static void WriteParticulars(Utf8JsonWriter json, DeliveryEvent deliveryEvent, EmailStatus? status)
    {
        switch (status)
        {
            case EmailStatus.Scheduled:
                Write(json, "scheduledAt", deliveryEvent.NextAttempt);
                break;
            case EmailStatus.DeliveryDelayed:
                WriteFailure(json, "delay", "Transient", deliveryEvent);
                Write(json, "nextAttempt", deliveryEvent.NextAttempt);
                break;
            case EmailStatus.Bounced:
                WriteFailure(json, "bounce", "Permanent", deliveryEvent);
                break;
            case EmailStatus.Rejected:
                WriteFailure(json, "rejection", null, deliveryEvent);
                break;
            case EmailStatus.Failed or EmailStatus.RenderingFailure:
                WriteReason(json, "failed", deliveryEvent);
                break;
            case EmailStatus.Suppressed:
                WriteReason(json, "suppression", deliveryEvent);
                break;
            case EmailStatus.Complained:
                WriteReason(json, "complaint", deliveryEvent);
                break;
            case EmailStatus.Sent or EmailStatus.Delivered:
                WriteReply(json, "delivery", deliveryEvent);
                break;
            case EmailStatus.Opened:
                WriteVisit(json, "open", deliveryEvent);
                break;
            case EmailStatus.Clicked:
                WriteVisit(json, "click", deliveryEvent);
                break;
            case null:
                WriteVisit(json, "unsubscribe", deliveryEvent);
                break;
        }
    }

    private static void WriteFailure(Utf8JsonWriter json, string name, string? type, DeliveryEvent deliveryEvent)
    {
        json.WriteStartObject(name);
        Write(json, "type", type);
        Write(json, "class", deliveryEvent.Class);
        Write(json, "message", deliveryEvent.Text);
        Write(json, "code", deliveryEvent.ReplyCode);
        Write(json, "enhancedCode", deliveryEvent.EnhancedCode);
        Write(json, "remoteHost", deliveryEvent.RemoteHost);
        Write(json, "attempt", deliveryEvent.Attempt);
        json.WriteEndObject();
    }

    private static void WriteReason(Utf8JsonWriter json, string name, DeliveryEvent deliveryEvent)
    {
        json.WriteStartObject(name);
        Write(json, "reason", deliveryEvent.Text);
        Write(json, "class", deliveryEvent.Class);
        json.WriteEndObject();
    }

    private static void WriteReply(Utf8JsonWriter json, string name, DeliveryEvent deliveryEvent)
    {
        json.WriteStartObject(name);
        Write(json, "message", deliveryEvent.Text);
        Write(json, "code", deliveryEvent.ReplyCode);
        Write(json, "remoteHost", deliveryEvent.RemoteHost);
        Write(json, "tls", deliveryEvent.Tls);
        json.WriteEndObject();
    }

    private static void WriteVisit(Utf8JsonWriter json, string name, DeliveryEvent deliveryEvent)
    {
        json.WriteStartObject(name);
        json.WriteString("timestamp", Time(deliveryEvent.At));
        Write(json, "url", deliveryEvent.Url);
        Write(json, "userAgent", deliveryEvent.UserAgent);
        Write(json, "ip", deliveryEvent.ClientAddress);
        if (deliveryEvent.IsMachine is { } isMachine)
        {
            json.WriteBoolean("isMachine", isMachine);
        }

        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, string name, string? value)
    {
        if (value is not null)
        {
            json.WriteString(name, value);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number)
        {
            json.WriteNumber(name, number);
        }
    }

    private static void Write(Utf8JsonWriter json, string name, DateTimeOffset? value)
    {
        if (value is { } at)
        {
            json.WriteString(name, Time(at));
        }
    }
}

/// <summary>What is known of the message behind an event.</summary>
/// <param name="Message">Null when it is forgotten already.</param>
/// <param name="To">The recipient concerned; for events of the whole message its recipients, at most a hundred.</param>
internal sealed record EmailFacts(QueuedMessage? Message, IReadOnlyList<string> To, long? DomainId)
{
    public string From => Message?.HeaderFrom ?? Message?.ReversePath.ToString() ?? string.Empty;
}
