using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>Reads e-mails out of a request body, member by member, without a document in memory.</summary>
internal sealed class EmailRequestReader(ReadOnlySequence<byte> body)
{
    /// <summary>The body as one e-mail, or as an array of them.</summary>
    public ApiResult<List<EmailItem>> Read(bool isBatch)
    {
        var faults = new FieldFaults();
        var items = JsonBody.Parse<List<EmailItem>>(body, faults, isBatch ? ReadBatch : ReadSingle);
        return faults.First is { } fault ? fault : items!;
    }

    private List<EmailItem> ReadSingle(ref Utf8JsonReader reader, FieldFaults faults)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            JsonFields.Object(ref reader, faults, JsonFields.Skip);
            return [];
        }

        return [ReadItem(ref reader, new FieldFaults())];
    }

    private List<EmailItem> ReadBatch(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var items = new List<EmailItem>();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            faults.Fail(ApiFault.BadRequest("the body must be a JSON array of e-mails"));
            reader.Skip();
            return items;
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (items.Count == EmailLimits.MaxBatch)
            {
                faults.Fail(ApiFault.BadRequest(string.Create(CultureInfo.InvariantCulture, $"a batch may hold {EmailLimits.MaxBatch} e-mails at most")));
                reader.Skip();
                continue;
            }

            items.Add(ReadItem(ref reader, new FieldFaults(string.Create(CultureInfo.InvariantCulture, $"[{items.Count}]"))));
        }

        if (items.Count == 0)
        {
            faults.Fail(ApiFault.BadRequest("a batch must hold at least one e-mail"));
        }

        return items;
    }

    private EmailItem ReadItem(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var email = new EmailRequest();
        if (JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) => ReadMember(ref value, faults, email, name)))
        {
            EmailRules.Check(email, faults);
        }

        return new EmailItem(email, faults);
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
                email.Headers = ReadHeaders(ref reader, faults);
                break;
            case "attachments":
                email.Attachments = ReadAttachments(ref reader, faults);
                break;
            case "scheduledAt":
                email.ScheduledAt = JsonFields.Time(ref reader, faults, name);
                break;
            case "expiresAt":
                email.ExpiresAt = JsonFields.Time(ref reader, faults, name);
                break;
            case "expiresIn":
                email.ExpiresIn = ReadLife(ref reader, faults, name);
                break;
            case "inReplyToId":
                email.InReplyToId = JsonFields.Line(ref reader, faults, name, EmailLimits.MaxIdLength);
                break;
            case "templateId":
                email.TemplateId = JsonFields.Line(ref reader, faults, name, EmailLimits.MaxIdLength);
                break;
            case "variables":
                email.Variables = ReadVariables(ref reader, faults);
                break;
            case "tags":
                email.Tags = ReadTags(ref reader, faults);
                break;
            case "stream":
                email.Stream = ReadStream(ref reader, faults, name) ?? MailStream.Transactional;
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

    internal static TimeSpan? ReadLife(ref Utf8JsonReader reader, FieldFaults faults, string field) =>
        JsonFields.Line(ref reader, faults, field, EmailLimits.MaxIdLength) is { } text ? LifeOf(text, faults, field) : null;

    internal static TimeSpan? LifeOf(string text, FieldFaults faults, string field)
    {
        var life = MessageLife.Parse(text);
        if ((life is { } known ? MessageLife.Fault(known) : "must be a duration such as 4h") is { } problem)
        {
            faults.Add(field, problem);
            return null;
        }

        return life;
    }

    internal static List<string> ReadTags(ref Utf8JsonReader reader, FieldFaults faults) =>
        JsonFields.Lines(ref reader, faults, "tags", new ItemBound(EmailLimits.MaxTags, "tags"), EmailLimits.MaxTagLength) ?? [];

    internal static MailStream? ReadStream(ref Utf8JsonReader reader, FieldFaults faults, string field) =>
        JsonFields.Choice(ref reader, faults, field, ("transactional", MailStream.Transactional), ("broadcast", MailStream.Broadcast));

    private static List<KeyValuePair<string, string>> ReadHeaders(ref Utf8JsonReader reader, FieldFaults faults) => Known(JsonFields.Map(
        ref reader, faults, "headers", EmailLimits.MaxHeaders, (ref Utf8JsonReader value, string place) => JsonFields.NeedsText(ref value, faults, place)
            ? JsonFields.Line(ref value, faults, place, EmailLimits.MaxHeaderValueLength)
            : null));

    private static Dictionary<string, string> ReadVariables(ref Utf8JsonReader reader, FieldFaults faults) => new(
        Known(JsonFields.Map(ref reader, faults, "variables", EmailLimits.MaxVariables, (ref Utf8JsonReader value, string place) => JsonFields.NeedsText(ref value, faults, place)
            ? JsonFields.TextOrEmpty(ref value, faults, place, EmailLimits.MaxVariableLength)
            : null)).DistinctBy(pair => pair.Key),
        StringComparer.Ordinal);

    private static List<KeyValuePair<string, string>> Known(List<KeyValuePair<string, string?>>? map) =>
        [.. (map ?? []).Where(pair => pair.Value is not null).Select(pair => new KeyValuePair<string, string>(pair.Key, pair.Value!))];

    private List<AttachmentRequest> ReadAttachments(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var attachments = new List<AttachmentRequest>();
        JsonFields.Items(ref reader, faults, "attachments", new ItemBound(EmailLimits.MaxAttachments, "attachments", "must be an object"), (ref Utf8JsonReader item, string place) =>
        {
            var fields = new AttachmentFields(place);
            if (JsonFields.Members(ref item, faults, place, (ref Utf8JsonReader value, string name) => fields.Read(ref value, body, faults, name))
                && fields.Finish(faults) is { } attachment)
            {
                attachments.Add(attachment);
            }
        });
        return attachments;
    }
}

/// <summary>One e-mail of a request and what is wrong with it.</summary>
internal sealed record EmailItem(EmailRequest Request, FieldFaults Faults);
