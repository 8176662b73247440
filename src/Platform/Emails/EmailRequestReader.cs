using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Reads e-mails out of a request body, member by member, without a document in memory.</summary>
/// <remarks>Unknown members are skipped, a member given twice is a fault: no two readers agree on which of them counts.</remarks>
internal sealed class EmailRequestReader(ReadOnlySequence<byte> body)
{
    /// <summary>The body as one e-mail, or as an array of them.</summary>
    public ApiResult<List<EmailItem>> Read(bool isBatch)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = EmailLimits.MaxDepth });
        try
        {
            reader.Read();
            var items = isBatch ? ReadBatch(ref reader) : ReadSingle(ref reader);
            reader.Read();
            return items;
        }
        catch (JsonException notJson)
        {
            return ApiFault.BadRequest(NotJson(notJson));
        }
    }

    /// <summary>Reads a body that is one object, member by member, the reader on each value; what is wrong with the whole is added without a field.</summary>
    internal static void ReadObject(ReadOnlySequence<byte> body, FieldFaults faults, MemberReader readMember)
    {
        var reader = new Utf8JsonReader(body, new JsonReaderOptions { MaxDepth = EmailLimits.MaxDepth });
        try
        {
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                faults.Add(string.Empty, "the body must be a JSON object", ApiFault.BadRequest);
                return;
            }

            var seen = new HashSet<string>(StringComparer.Ordinal);
            while (NextMember(ref reader, faults, seen, string.Empty) is { } name)
            {
                readMember(ref reader, name);
            }

            reader.Read();
        }
        catch (JsonException notJson)
        {
            faults.Add(string.Empty, NotJson(notJson), ApiFault.BadRequest);
        }
    }

    internal static string NotJson(JsonException fault) =>
        string.Create(CultureInfo.InvariantCulture, $"the body is not valid JSON (line {fault.LineNumber + 1}, octet {fault.BytePositionInLine + 1})");

    private ApiResult<List<EmailItem>> ReadSingle(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return ApiFault.BadRequest("the body must be a JSON object");
        }

        return new List<EmailItem> { ReadItem(ref reader, new FieldFaults()) };
    }

    private ApiResult<List<EmailItem>> ReadBatch(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return ApiFault.BadRequest("the body must be a JSON array of e-mails");
        }

        var items = new List<EmailItem>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (items.Count == EmailLimits.MaxBatch)
            {
                return ApiFault.BadRequest(string.Create(CultureInfo.InvariantCulture, $"a batch may hold {EmailLimits.MaxBatch} e-mails at most"));
            }

            items.Add(ReadItem(ref reader, new FieldFaults(string.Create(CultureInfo.InvariantCulture, $"[{items.Count}]"))));
        }

        return items.Count == 0 ? ApiFault.BadRequest("a batch must hold at least one e-mail") : items;
    }

    private EmailItem ReadItem(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var email = new EmailRequest();
        if (reader.TokenType == JsonTokenType.Null)
        {
            faults.Add(string.Empty, "must be an object");
        }

        if (JsonFields.Begins(ref reader, faults, string.Empty, JsonTokenType.StartObject))
        {
            ReadMembers(ref reader, faults, email);
            EmailRules.Check(email, faults);
        }

        return new EmailItem(email, faults);
    }

    private void ReadMembers(ref Utf8JsonReader reader, FieldFaults faults, EmailRequest email)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextMember(ref reader, faults, seen, string.Empty) is { } name)
        {
            ReadMember(ref reader, faults, email, name);
        }
    }

    private void ReadMember(ref Utf8JsonReader reader, FieldFaults faults, EmailRequest email, string name)
    {
        switch (name)
        {
            case "from":
                email.From = AddressReader.One(ref reader, faults, name, out var from);
                email.FromText = from;
                break;
            case "to":
                email.To = AddressReader.OneOrMany(ref reader, faults, name, EmailLimits.MaxRecipients);
                break;
            case "cc":
                email.Cc = AddressReader.OneOrMany(ref reader, faults, name, EmailLimits.MaxRecipients);
                break;
            case "bcc":
                email.Bcc = AddressReader.OneOrMany(ref reader, faults, name, EmailLimits.MaxRecipients);
                break;
            case "replyTo":
                email.ReplyTo = AddressReader.OneOrMany(ref reader, faults, name, EmailLimits.MaxReplyTo);
                break;
            case "subject":
                email.Subject = JsonFields.Line(ref reader, faults, name, EmailLimits.MaxSubjectLength);
                break;
            case "html":
                email.Html = JsonFields.Text(ref reader, faults, name, EmailLimits.MaxBodyLength);
                break;
            case "text":
                email.Text = JsonFields.Text(ref reader, faults, name, EmailLimits.MaxBodyLength);
                break;
            case "headers":
                email.Headers = ReadMap(ref reader, faults, name, EmailLimits.MaxHeaders, EmailLimits.MaxHeaderValueLength, isLine: true);
                break;
            case "attachments":
                email.Attachments = ReadAttachments(ref reader, faults);
                break;
            case "scheduledAt":
                email.ScheduledAt = JsonFields.Time(ref reader, faults, name);
                break;
            case "inReplyToId":
                email.InReplyToId = JsonFields.Line(ref reader, faults, name, EmailLimits.MaxIdLength);
                break;
            case "templateId":
                email.TemplateId = JsonFields.Line(ref reader, faults, name, EmailLimits.MaxIdLength);
                break;
            case "variables":
                email.Variables = ReadMap(ref reader, faults, name, EmailLimits.MaxVariables, EmailLimits.MaxVariableLength, isLine: false)
                    .ToDictionary(StringComparer.Ordinal);
                break;
            case "tags":
                email.Tags = ReadTags(ref reader, faults);
                break;
            case "stream":
                email.Stream = ReadStream(ref reader, faults);
                break;
            case "trackOpens":
                email.TrackOpens = JsonFields.Flag(ref reader, faults, name);
                break;
            case "trackClicks":
                email.TrackClicks = JsonFields.Flag(ref reader, faults, name);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    // The name, with the reader on the value behind it; null at the end of the object.
    internal static string? NextMember(ref Utf8JsonReader reader, FieldFaults faults, HashSet<string> seen, string place)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.PropertyName)
        {
            return null;
        }

        var name = JsonFields.Name(ref reader, faults);
        if (name.Length > 0 && !seen.Add(name))
        {
            faults.Add(Join(place, name), "is given twice");
        }

        if (seen.Count > EmailLimits.MaxMembers)
        {
            faults.Add(place, string.Create(CultureInfo.InvariantCulture, $"has more than {EmailLimits.MaxMembers} members"));
            seen.Clear();
        }

        reader.Read();
        return name;
    }

    private static string Join(string place, string name) => place.Length == 0 ? name : $"{place}.{name}";

    private static List<KeyValuePair<string, string>> ReadMap(
        ref Utf8JsonReader reader, FieldFaults faults, string field, int max, int maxLength, bool isLine)
    {
        var map = new List<KeyValuePair<string, string>>();
        if (!JsonFields.Begins(ref reader, faults, field, JsonTokenType.StartObject))
        {
            return map;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextMember(ref reader, faults, seen, field) is { } name)
        {
            if (map.Count == max)
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"may hold {max} members at most"));
                reader.Skip();
                continue;
            }

            if (name.Length is 0 or > EmailLimits.MaxVariableNameLength)
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"a name must have 1 to {EmailLimits.MaxVariableNameLength} characters"));
            }

            if (ReadMapValue(ref reader, faults, Join(field, name), maxLength, isLine) is { } value && seen.Contains(name))
            {
                map.RemoveAll(pair => pair.Key == name);
                map.Add(new KeyValuePair<string, string>(name, value));
            }
        }

        return map;
    }

    private static string? ReadMapValue(ref Utf8JsonReader reader, FieldFaults faults, string field, int maxLength, bool isLine)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            faults.Add(field, "must be a string");
            return null;
        }

        if (isLine)
        {
            return JsonFields.Line(ref reader, faults, field, maxLength);
        }

        // An empty variable is a value like any other.
        return reader.TokenType == JsonTokenType.String && reader is { HasValueSequence: false, ValueSpan.Length: 0 }
            ? string.Empty
            : JsonFields.Text(ref reader, faults, field, maxLength);
    }

    internal static List<string> ReadTags(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var tags = new List<string>();
        if (!JsonFields.Begins(ref reader, faults, "tags", JsonTokenType.StartArray))
        {
            return tags;
        }

        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i >= EmailLimits.MaxTags)
            {
                faults.Add("tags", string.Create(CultureInfo.InvariantCulture, $"may hold {EmailLimits.MaxTags} tags at most"));
                reader.Skip();
                continue;
            }

            var place = string.Create(CultureInfo.InvariantCulture, $"tags[{i}]");
            if (reader.TokenType == JsonTokenType.Null)
            {
                faults.Add(place, "must be a string");
            }
            else if (JsonFields.Line(ref reader, faults, place, EmailLimits.MaxTagLength) is { } tag && !tags.Contains(tag))
            {
                tags.Add(tag);
            }
        }

        return tags;
    }

    private static MailStream ReadStream(ref Utf8JsonReader reader, FieldFaults faults)
    {
        switch (JsonFields.Line(ref reader, faults, "stream", EmailLimits.MaxIdLength))
        {
            case null or "transactional":
                return MailStream.Transactional;
            case "broadcast":
                return MailStream.Broadcast;
            default:
                faults.Add("stream", "must be transactional or broadcast");
                return MailStream.Transactional;
        }
    }

    private List<AttachmentRequest> ReadAttachments(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var attachments = new List<AttachmentRequest>();
        if (!JsonFields.Begins(ref reader, faults, "attachments", JsonTokenType.StartArray))
        {
            return attachments;
        }

        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            if (i >= EmailLimits.MaxAttachments)
            {
                faults.Add("attachments", string.Create(CultureInfo.InvariantCulture, $"may hold {EmailLimits.MaxAttachments} attachments at most"));
                reader.Skip();
                continue;
            }

            if (ReadAttachment(ref reader, faults, string.Create(CultureInfo.InvariantCulture, $"attachments[{i}]")) is { } attachment)
            {
                attachments.Add(attachment);
            }
        }

        return attachments;
    }

    private AttachmentRequest? ReadAttachment(ref Utf8JsonReader reader, FieldFaults faults, string place)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            faults.Add(place, "must be an object");
            return null;
        }

        if (!JsonFields.Begins(ref reader, faults, place, JsonTokenType.StartObject))
        {
            return null;
        }

        var attachment = new AttachmentFields(place);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (NextMember(ref reader, faults, seen, place) is { } name)
        {
            attachment.Read(ref reader, body, faults, name);
        }

        return attachment.Finish(faults);
    }
}

/// <summary>Reads one member, of which the reader stands on the value's first token and is left on its last.</summary>
internal delegate void MemberReader(ref Utf8JsonReader reader, string name);

/// <summary>One e-mail of a request and what is wrong with it.</summary>
internal sealed record EmailItem(EmailRequest Request, FieldFaults Faults);
