using System.Globalization;
using System.Text.Json;
using Relay.Mail;
using Relay.Platform.Emails;

namespace Relay.Platform.Webhooks;

/// <summary>Reads the body of a create or change request. null says "empty" for what can be empty; for the rest it says nothing.</summary>
internal sealed class WebhookFieldsParser(WebhookTargets targets)
{
    private const int MaxName = 200;
    private const int MaxFilterEntries = 50;
    private const int MaxTagLength = 100;
    private const int MaxRate = 1_000;
    private const string DomainProblem = "must be the id or the name of a domain";

    public WebhookFields Read(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var fields = new WebhookFields();
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) => fields = ReadMember(ref value, faults, name, fields));
        return fields;
    }

    private WebhookFields ReadMember(ref Utf8JsonReader reader, FieldFaults faults, string name, WebhookFields fields)
    {
        switch (name)
        {
            case "url":
                return fields with { Url = ReadUrl(ref reader, faults, name) };
            case "name":
                return fields with { Name = JsonFields.Setting(ref reader, faults, name, MaxName) };
            case "events":
                return fields with { Events = ReadEvents(ref reader, faults, name) };
            case "filters":
                return fields with { Filters = ReadFilters(ref reader, faults, name) };
            case "headers":
                return fields with { Headers = ReadHeaders(ref reader, faults, name) };
            case "status":
                return fields with { Status = JsonFields.Choice(ref reader, faults, name, ("active", WebhookStatus.Active), ("inactive", WebhookStatus.Inactive)) };
            case "rateLimit":
                return fields with { RateLimit = JsonFields.Whole(ref reader, faults, name, 1, MaxRate) };
            case "ratePeriod":
                return fields with { RatePeriod = JsonFields.Choice(ref reader, faults, name, ("second", WebhookRatePeriod.Second), ("minute", WebhookRatePeriod.Minute)) };
            case "ordered":
                return fields with { Ordered = JsonFields.Flag(ref reader, faults, name) };
            default:
                reader.Skip();
                return fields;
        }
    }

    private Uri? ReadUrl(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        if (JsonFields.Text(ref reader, faults, field, WebhookTargets.MaxUrlLength) is not { } text)
        {
            return null;
        }

        if (targets.FormFault(text, out var url) is { } fault)
        {
            faults.Add(field, fault);
        }

        return url;
    }

    private static List<string> ReadEvents(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var events = new List<string>();
        JsonFields.Items(ref reader, faults, field, new ItemBound(WebhookTypes.All.Count, "types"), (ref Utf8JsonReader item, string place) =>
        {
            if (JsonFields.Line(ref item, faults, place, MaxName) is not { } type)
            {
                return;
            }

            if (!WebhookTypes.IsKnown(type))
            {
                faults.Add(place, "is no event type; GET webhooks/event-types lists them");
            }

            if (!events.Contains(type))
            {
                events.Add(type);
            }
        });
        return events;
    }

    private static WebhookFilters ReadFilters(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var filters = WebhookFilters.None;
        JsonFields.Members(ref reader, faults, field, (ref Utf8JsonReader value, string name) =>
        {
            var place = JsonFields.Join(field, name);
            switch (name)
            {
                case "domains":
                    filters = filters with { Domains = ReadDomains(ref value, faults, place) };
                    break;
                case "tags":
                    filters = filters with { Tags = JsonFields.Lines(ref value, faults, place, new ItemBound(MaxFilterEntries, "tags"), MaxTagLength) ?? [] };
                    break;
                case "stream":
                    filters = filters with { Stream = EmailRequestReader.ReadStream(ref value, faults, place) };
                    break;
                default:
                    value.Skip();
                    break;
            }
        });
        return filters;
    }

    // Of a domain its id, as a number, or its name.
    private static List<string> ReadDomains(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var domains = new List<string>();
        JsonFields.Items(ref reader, faults, field, new ItemBound(MaxFilterEntries, "domains", DomainProblem), (ref Utf8JsonReader item, string place) =>
        {
            if (item.TokenType == JsonTokenType.Number && item.TryGetInt64(out var id) && id > 0)
            {
                domains.Add(id.ToString(CultureInfo.InvariantCulture));
            }
            else if (item.TokenType == JsonTokenType.String && DomainName.TryParse(JsonFields.Line(ref item, faults, place, MaxName), out var name))
            {
                domains.Add(name.Ascii);
            }
            else
            {
                faults.Add(place, DomainProblem);
                item.Skip();
            }
        });
        return domains;
    }

    private static Dictionary<string, string> ReadHeaders(ref Utf8JsonReader reader, FieldFaults faults, string field)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        JsonFields.Members(ref reader, faults, field, (ref Utf8JsonReader value, string name) =>
        {
            var place = JsonFields.Join(field, name);
            if (!JsonFields.NeedsText(ref value, faults, place) || JsonFields.TextOrEmpty(ref value, faults, place, WebhookHeaders.MaxValueLength) is not { } text)
            {
                return;
            }

            if (WebhookHeaders.Fault(name, text) is { } fault)
            {
                faults.Add(place, fault);
            }

            if (!headers.TryAdd(name, text))
            {
                faults.Add(place, "is given twice");
            }

            if (headers.Count > WebhookHeaders.MaxCount)
            {
                faults.Add(field, string.Create(CultureInfo.InvariantCulture, $"at most {WebhookHeaders.MaxCount} are allowed"));
            }
        });
        return headers;
    }
}
