using System.Globalization;
using System.Text.Json;
using Relay.Platform.Emails;

namespace Relay.Platform.Campaigns;

/// <summary>Reads bodies about campaigns, member by member; unknown members are skipped.</summary>
internal static class CampaignReader
{
    private const int MaxIdLength = 100;

    public static CampaignRequest Read(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var request = new CampaignRequest();
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) => ReadMember(ref value, faults, request, name));
        return request;
    }

    private static void ReadMember(ref Utf8JsonReader reader, FieldFaults faults, CampaignRequest request, string name)
    {
        switch (name)
        {
            case "name":
                request.Name = JsonFields.Line(ref reader, faults, name, CampaignLimits.MaxNameLength);
                break;
            case "from":
                request.Sender = AddressReader.One(ref reader, faults, name, out var from);
                request.From = request.Sender is null ? null : from;
                break;
            case "subject":
                request.Subject = JsonFields.Line(ref reader, faults, name, EmailLimits.MaxSubjectLength);
                break;
            case "previewText":
                request.PreviewText = JsonFields.LineOrEmpty(ref reader, faults, name, CampaignLimits.MaxPreviewLength);
                break;
            case "contactBookId":
                request.BookId = JsonFields.Line(ref reader, faults, name, MaxIdLength);
                break;
            case "html":
                request.Html = JsonFields.Text(ref reader, faults, name, CampaignLimits.MaxContentLength);
                break;
            case "content":
                request.Content = JsonFields.Text(ref reader, faults, name, CampaignLimits.MaxContentLength);
                break;
            case "templateId":
                request.TemplateId = JsonFields.Line(ref reader, faults, name, MaxIdLength);
                break;
            case "replyTo":
                request.ReplyTo = Addresses(ref reader, faults, name);
                break;
            case "cc":
                request.Cc = Addresses(ref reader, faults, name);
                break;
            case "bcc":
                request.Bcc = Addresses(ref reader, faults, name);
                break;
            case "tags":
                request.Tags = EmailRequestReader.ReadTags(ref reader, faults);
                break;
            default:
                ReadSetting(ref reader, faults, request, name);
                break;
        }
    }

    private static void ReadSetting(ref Utf8JsonReader reader, FieldFaults faults, CampaignRequest request, string name)
    {
        switch (name)
        {
            case "trackOpens":
                request.TrackOpens = JsonFields.Flag(ref reader, faults, name);
                break;
            case "trackClicks":
                request.TrackClicks = JsonFields.Flag(ref reader, faults, name);
                break;
            case "sendNow":
                request.SendNow = JsonFields.Flag(ref reader, faults, name);
                break;
            case "scheduledAt":
                request.ScheduledAt = JsonFields.Line(ref reader, faults, name, MaxIdLength);
                break;
            case "timeZone":
                request.TimeZone = ReadZone(ref reader, faults, name);
                break;
            case "sendWindow":
                request.Window = SendWindowReader.Read(ref reader, faults, name);
                break;
            case "batchSize":
                request.BatchSize = JsonFields.Whole(ref reader, faults, name, 1, CampaignLimits.MaxBatchSize);
                break;
            case "batchWindowMinutes":
                request.BatchWindowMinutes = JsonFields.Whole(ref reader, faults, name, 0, CampaignLimits.MaxBatchWindowMinutes);
                break;
            default:
                reader.Skip();
                break;
        }
    }

    private static IReadOnlyList<string>? Addresses(ref Utf8JsonReader reader, FieldFaults faults, string name) =>
        AddressReader.OneOrMany(ref reader, faults, name, CampaignLimits.MaxAddresses)?.Field.Values;

    private static string? ReadZone(ref Utf8JsonReader reader, FieldFaults faults, string name)
    {
        var text = JsonFields.Line(ref reader, faults, name, MaxIdLength);
        if (text is not null && !TimeZoneInfo.TryFindSystemTimeZoneById(text, out _))
        {
            faults.Add(name, "must be a time zone such as Europe/Berlin or UTC");
        }

        return text;
    }
}

/// <summary>Reads <c>{"from": "09:00", "to": "17:00", "days": [1, 2, 3, 4, 5], "byRecipient": true}</c>.</summary>
internal static class SendWindowReader
{
    private const int MaxLength = 10;
    private const int DaysOfWeek = 7;

    public static SendWindow? Read(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        TimeOnly? from = null;
        TimeOnly? to = null;
        List<DayOfWeek> days = [];
        var byRecipient = false;
        if (!JsonFields.Members(ref reader, faults, field, (ref Utf8JsonReader value, string name) =>
        {
            switch (name)
            {
                case "from":
                    from = Clock(ref value, faults, field + ".from");
                    break;
                case "to":
                    to = Clock(ref value, faults, field + ".to");
                    break;
                case "days":
                    days = Days(ref value, faults, field + ".days");
                    break;
                case "byRecipient":
                    byRecipient = JsonFields.Flag(ref value, faults, field + ".byRecipient") ?? false;
                    break;
                default:
                    value.Skip();
                    break;
            }
        }))
        {
            return null;
        }

        if (from is null || to is null || from >= to)
        {
            faults.Add(field, "needs from and to as HH:MM, from before to");
            return null;
        }

        return new SendWindow(from.Value, to.Value, days, byRecipient);
    }

    private static TimeOnly? Clock(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var text = JsonFields.Line(ref reader, faults, field, MaxLength);
        if (TimeOnly.TryParseExact(text, "HH:mm", CultureInfo.InvariantCulture, DateTimeStyles.None, out var clock))
        {
            return clock;
        }

        faults.Add(field, "must be a time of day such as 09:00");
        return null;
    }

    private static List<DayOfWeek> Days(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var days = new List<DayOfWeek>();
        JsonFields.Items(ref reader, faults, field, new ItemBound(DaysOfWeek, "days", "must be a whole number from 0 to 6"), (ref Utf8JsonReader item, string place) =>
        {
            if (JsonFields.Whole(ref item, faults, place, 0, DaysOfWeek - 1) is { } day && !days.Contains((DayOfWeek)day))
            {
                days.Add((DayOfWeek)day);
            }
        });
        return days;
    }
}
