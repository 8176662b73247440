using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Reads a raw e-mail's fields from a JSON body, or from the query string when the body is the message itself.</summary>
internal static class RawFieldReader
{
    public static RawFields ReadJson(ReadOnlySequence<byte> body, FieldFaults faults)
    {
        var fields = new RawFields();
        JsonBody.Parse(body, faults, (ref Utf8JsonReader reader, string name) => ReadMember(ref reader, body, faults, fields, name));
        return fields;
    }

    public static RawFields ReadQuery(IQueryCollection query, ReadOnlySequence<byte> body, FieldFaults faults) => new()
    {
        Message = body.ToArray(),
        From = Single(query, faults, "from") is { } from ? Address(from, faults, "from") : null,
        To = query["to"] is { Count: > 0 } to ? Addresses(to, faults) : null,
        ScheduledAt = Time(query, faults, "scheduledAt"),
        ExpiresAt = Time(query, faults, "expiresAt"),
        ExpiresIn = Single(query, faults, "expiresIn") is { } life ? EmailRequestReader.LifeOf(life, faults, "expiresIn") : null,
        Tags = query["tag"] is { Count: > 0 } tags ? Words(tags, faults) : null,
        Stream = Single(query, faults, "stream") is { } stream ? StreamOf(stream, faults) : null,
        TrackOpens = Flag(query, faults, "trackOpens"),
        TrackClicks = Flag(query, faults, "trackClicks"),
    };

    private static void ReadMember(ref Utf8JsonReader reader, ReadOnlySequence<byte> body, FieldFaults faults, RawFields fields, string name)
    {
        switch (name)
        {
            case "message":
                fields.Message = ReadMessage(ref reader, body, faults);
                break;
            case "from":
                fields.From = AddressReader.One(ref reader, faults, name, out _);
                break;
            case "to":
                fields.To = AddressReader.OneOrMany(ref reader, faults, name, EmailLimits.MaxRecipients)?.Mailboxes;
                break;
            case "scheduledAt":
                fields.ScheduledAt = JsonFields.Time(ref reader, faults, name);
                break;
            case "expiresAt":
                fields.ExpiresAt = JsonFields.Time(ref reader, faults, name);
                break;
            case "expiresIn":
                fields.ExpiresIn = EmailRequestReader.ReadLife(ref reader, faults, name);
                break;
            case "tags":
                fields.Tags = EmailRequestReader.ReadTags(ref reader, faults);
                break;
            case "stream":
                fields.Stream = EmailRequestReader.ReadStream(ref reader, faults, name);
                break;
            case "trackOpens":
                fields.TrackOpens = JsonFields.Flag(ref reader, faults, name) ?? false;
                break;
            case "trackClicks":
                fields.TrackClicks = JsonFields.Flag(ref reader, faults, name) ?? false;
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private static byte[]? ReadMessage(ref Utf8JsonReader reader, ReadOnlySequence<byte> body, FieldFaults faults)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            faults.Add("message", "must be a string of base64");
            reader.Skip();
            return null;
        }

        var raw = JsonFields.Raw(ref reader, body);
        if (Base64JsonStream.Measure(raw) is not (>= 0 and var length))
        {
            faults.Add("message", "is not base64 (RFC 4648 §4: its alphabet, padded, white space between)");
            return null;
        }

        var message = new byte[length];
        using var decoded = new Base64JsonStream(raw);
        decoded.ReadExactly(message);
        return message;
    }

    private static MailStream StreamOf(string text, FieldFaults faults)
    {
        if (text is not ("transactional" or "broadcast"))
        {
            faults.Add("stream", "must be transactional or broadcast");
        }

        return text == "broadcast" ? MailStream.Broadcast : MailStream.Transactional;
    }

    private static string? Single(IQueryCollection query, FieldFaults faults, string field)
    {
        if (query[field].Count > 1)
        {
            faults.Add(field, "is given twice");
        }

        return query[field] is [var value] ? value : null;
    }

    private static NamedMailbox? Address(string text, FieldFaults faults, string field)
    {
        if (text.Length > EmailLimits.MaxAddressLength || !NamedMailbox.TryParse(text, out var mailbox))
        {
            faults.Add(field, AddressReader.Problem);
            return null;
        }

        return mailbox;
    }

    private static List<NamedMailbox> Addresses(StringValues values, FieldFaults faults)
    {
        if (values.Count > EmailLimits.MaxRecipients)
        {
            faults.Add("to", string.Create(CultureInfo.InvariantCulture, $"may hold {EmailLimits.MaxRecipients} addresses at most"));
            return [];
        }

        return [.. values.Select((text, i) => Address(text ?? string.Empty, faults, string.Create(CultureInfo.InvariantCulture, $"to[{i}]"))).OfType<NamedMailbox>()];
    }

    private static List<string> Words(StringValues values, FieldFaults faults)
    {
        var tags = values.OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        if (tags.Count > EmailLimits.MaxTags)
        {
            faults.Add("tag", string.Create(CultureInfo.InvariantCulture, $"may be given {EmailLimits.MaxTags} times at most"));
        }

        if (tags.Exists(tag => tag.Length is 0 or > EmailLimits.MaxTagLength || tag.Any(char.IsControl)))
        {
            faults.Add("tag", string.Create(CultureInfo.InvariantCulture, $"must have 1 to {EmailLimits.MaxTagLength} characters on one line"));
        }

        return tags;
    }

    private static DateTimeOffset? Time(IQueryCollection query, FieldFaults faults, string field)
    {
        if (Single(query, faults, field) is not { } text)
        {
            return null;
        }

        // A + that was not escaped has become a space.
        if (ApiJson.TryParseTime(text.Replace(' ', '+'), out var time))
        {
            return time;
        }

        faults.Add(field, "must be a date-time with offset, such as 2030-01-31T12:00:00Z");
        return null;
    }

    private static bool Flag(IQueryCollection query, FieldFaults faults, string field)
    {
        var text = Single(query, faults, field);
        if (text is not (null or "true" or "false"))
        {
            faults.Add(field, "must be true or false");
        }

        return text == "true";
    }
}
