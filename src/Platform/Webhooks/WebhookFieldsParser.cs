using System.Globalization;
using System.Text.Json;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Platform.Webhooks;

/// <summary>Reads the body of a create or change request; the first bad field is answered, fields it does not know are not looked at.</summary>
internal sealed class WebhookFieldsParser(WebhookTargets targets)
{
    private const int MaxName = 200;
    private const int MaxFilterEntries = 50;
    private const int MaxTagLength = 100;
    private const int MaxRate = 1_000;

    /// <returns>Fields, or the fault that refuses them.</returns>
    public (WebhookFields? Fields, ApiFault? Fault) Parse(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object)
        {
            return (null, ApiFault.BadRequest("the body must be a JSON object"));
        }

        try
        {
            return (Read(body), null);
        }
        catch (FieldException bad)
        {
            return (null, ApiFault.BadField(bad.Field, bad.Message));
        }
    }

    private WebhookFields Read(JsonElement body) => new()
    {
        Url = Find(body, "url") is { } url ? ReadUrl(url) : null,
        Name = Find(body, "name", orNull: true) is { } name ? ReadName(name) : null,
        Events = Find(body, "events", orNull: true) is { } events ? ReadEvents(events) : null,
        Filters = Find(body, "filters", orNull: true) is { } filters ? ReadFilters(filters) : null,
        Headers = Find(body, "headers", orNull: true) is { } headers ? ReadHeaders(headers) : null,
        Status = Find(body, "status") is { } status ? ReadStatus(status) : null,
        RateLimit = Find(body, "rateLimit") is { } limit ? ReadRate(limit) : null,
        RatePeriod = Find(body, "ratePeriod") is { } period ? ReadPeriod(period) : null,
        Ordered = Find(body, "ordered") is { } ordered ? ReadBoolean("ordered", ordered) : null,
    };

    // Null says "empty" for what can be empty; for the rest it says nothing.
    private static JsonElement? Find(JsonElement body, string name, bool orNull = false) =>
        body.TryGetProperty(name, out var value) && (orNull || value.ValueKind != JsonValueKind.Null) ? value : null;

    private Uri ReadUrl(JsonElement value)
    {
        var fault = targets.FormFault(ReadText("url", value, WebhookTargets.MaxUrlLength), out var url);
        return fault is null ? url! : throw new FieldException("url", fault);
    }

    private static string ReadName(JsonElement value)
    {
        var name = value.ValueKind == JsonValueKind.Null ? string.Empty : ReadText("name", value, MaxName).Trim();
        return name.Any(char.IsControl) ? throw new FieldException("name", "must not contain control characters") : name;
    }

    private static List<string> ReadEvents(JsonElement value)
    {
        var events = new List<string>();
        foreach (var (field, item) in Items("events", value, WebhookTypes.All.Count))
        {
            var type = ReadText(field, item, MaxName);
            if (!WebhookTypes.IsKnown(type))
            {
                throw new FieldException(field, "is no event type; GET webhooks/event-types lists them");
            }

            if (!events.Contains(type))
            {
                events.Add(type);
            }
        }

        return events;
    }

    private static WebhookFilters ReadFilters(JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return WebhookFilters.None;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new FieldException("filters", "must be an object");
        }

        return new WebhookFilters
        {
            Domains = Find(value, "domains") is { } domains ? [.. Items("filters.domains", domains, MaxFilterEntries).Select(item => ReadDomain(item.Field, item.Value))] : [],
            Tags = Find(value, "tags") is { } tags ? [.. Items("filters.tags", tags, MaxFilterEntries).Select(item => ReadText(item.Field, item.Value, MaxTagLength))] : [],
            Stream = Find(value, "stream") is { } stream ? ReadStream(stream) : null,
        };
    }

    private static string ReadDomain(string field, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var id) && id > 0)
        {
            return id.ToString(CultureInfo.InvariantCulture);
        }

        return value.ValueKind == JsonValueKind.String && DomainName.TryParse(value.GetString()!, out var name)
            ? name.Ascii
            : throw new FieldException(field, "must be the id or the name of a domain");
    }

    private static MailStream ReadStream(JsonElement value) => ReadText("filters.stream", value, MaxName) switch
    {
        "transactional" => MailStream.Transactional,
        "broadcast" => MailStream.Broadcast,
        _ => throw new FieldException("filters.stream", "must be transactional or broadcast"),
    };

    private static Dictionary<string, string> ReadHeaders(JsonElement value)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (value.ValueKind == JsonValueKind.Null)
        {
            return headers;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            throw new FieldException("headers", "must be an object of names and values");
        }

        foreach (var header in value.EnumerateObject())
        {
            var field = "headers." + (header.Name.Length > WebhookHeaders.MaxNameLength ? header.Name[..WebhookHeaders.MaxNameLength] : header.Name);
            var text = ReadText(field, header.Value, WebhookHeaders.MaxValueLength);
            if (WebhookHeaders.Fault(header.Name, text) is { } fault)
            {
                throw new FieldException(field, fault);
            }

            if (!headers.TryAdd(header.Name, text))
            {
                throw new FieldException(field, "is given twice");
            }

            if (headers.Count > WebhookHeaders.MaxCount)
            {
                throw new FieldException("headers", $"at most {WebhookHeaders.MaxCount} are allowed");
            }
        }

        return headers;
    }

    private static WebhookStatus ReadStatus(JsonElement value) => ReadText("status", value, MaxName) switch
    {
        "active" => WebhookStatus.Active,
        "inactive" => WebhookStatus.Inactive,
        _ => throw new FieldException("status", "must be active or inactive"),
    };

    private static int ReadRate(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var rate) && rate is >= 1 and <= MaxRate
            ? rate
            : throw new FieldException("rateLimit", $"must be a whole number from 1 to {MaxRate}");

    private static WebhookRatePeriod ReadPeriod(JsonElement value) => ReadText("ratePeriod", value, MaxName) switch
    {
        "second" => WebhookRatePeriod.Second,
        "minute" => WebhookRatePeriod.Minute,
        _ => throw new FieldException("ratePeriod", "must be second or minute"),
    };

    private static bool ReadBoolean(string field, JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw new FieldException(field, "must be true or false"),
    };

    private static IEnumerable<(string Field, JsonElement Value)> Items(string field, JsonElement value, int max)
    {
        if (value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > max)
        {
            throw new FieldException(field, $"must be a list of at most {max}");
        }

        return value.EnumerateArray().Select((item, index) => (string.Create(CultureInfo.InvariantCulture, $"{field}[{index}]"), item));
    }

    private static string ReadText(string field, JsonElement value, int maxLength) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { } text && text.Length <= maxLength
            ? text
            : throw new FieldException(field, $"must be a text of at most {maxLength} characters");

    /// <summary>Ends the reading at the first bad field; never leaves this class.</summary>
    private sealed class FieldException(string name, string problem) : Exception(problem)
    {
        public string Field { get; } = name;
    }
}
