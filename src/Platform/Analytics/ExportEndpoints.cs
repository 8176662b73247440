using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Platform.Jobs;
using Relay.Queue;

namespace Relay.Platform.Analytics;

/// <summary>Asks for files of events or counts.</summary>
internal sealed class ExportEndpoints(AnalyticsFilter filter, JobService jobs, TimeProvider time)
{
    private const int MaxTextLength = 300;
    private const int MaxEvents = 100;

    public void Map(RouteGroupBuilder api) =>
        api.MapPost("/exports", (Delegate)CreateAsync).WithTags("Jobs").WithSummary("Write events or counts into a CSV file, in the background")
            .Accepts<ExportBody>("application/json").Produces<JobAnswer>(StatusCodes.Status202Accepted).Needs(ApiScope.Full);

    private async Task<IResult> CreateAsync(HttpContext context)
    {
        if ((await JsonBody.ReadAsync(context, JsonBody.MaxSmallBytes, Read)).Failed(out var fault, out var body))
        {
            return fault;
        }

        return body.Kind switch
        {
            EventExport.KindName => await AddEventsAsync(context, body),
            SeriesExport.KindName => await AddSeriesAsync(context, body),
            _ => ApiFault.BadField("kind", "must be 'events' or 'series'"),
        };
    }

    private static ExportBody Read(ref Utf8JsonReader reader, FieldFaults faults)
    {
        var body = new ExportBody();
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) => body = name switch
        {
            "kind" => body with { Kind = Text(ref value, faults, name) },
            "from" => body with { From = Text(ref value, faults, name) },
            "to" => body with { To = Text(ref value, faults, name) },
            "events" => body with { Events = JsonFields.Lines(ref value, faults, name, new ItemBound(MaxEvents, "events"), MaxTextLength) },
            "interval" => body with { Interval = Text(ref value, faults, name) },
            "groupBy" => body with { GroupBy = Text(ref value, faults, name) },
            "domainId" => body with { DomainId = Number(ref value, faults, name) },
            "domain" => body with { Domain = Text(ref value, faults, name) },
            "tag" => body with { Tag = Text(ref value, faults, name) },
            "stream" => body with { Stream = Text(ref value, faults, name) },
            _ => Skip(ref value, body),
        });
        return body;
    }

    private static ExportBody Skip(ref Utf8JsonReader reader, ExportBody body)
    {
        reader.Skip();
        return body;
    }

    private static string? Text(ref Utf8JsonReader reader, FieldFaults faults, string field) => JsonFields.Line(ref reader, faults, field, MaxTextLength);

    // A number, or text of one.
    private static string? Number(ref Utf8JsonReader reader, FieldFaults faults, string field) => reader.TokenType == JsonTokenType.String
        ? Text(ref reader, faults, field)
        : JsonFields.Whole(ref reader, faults, field, 1, int.MaxValue)?.ToString(CultureInfo.InvariantCulture);

    private async Task<IResult> AddEventsAsync(HttpContext context, ExportBody body)
    {
        var to = time.GetUtcNow();
        if (body.From is null || !ApiTime.TryRead(body.From, out var from))
        {
            return ApiFault.BadField("from", "must be a date or a time in ISO 8601");
        }

        if (body.To is not null && !ApiTime.TryRead(body.To, out to))
        {
            return ApiFault.BadField("to", "must be a date or a time in ISO 8601");
        }

        if (from >= to)
        {
            return ApiFault.BadField("from", "must be before 'to'");
        }

        var kinds = new List<DeliveryEventKind>();
        for (var i = 0; i < (body.Events?.Count ?? 0); i++)
        {
            if (Array.Find(Enum.GetNames<DeliveryEventKind>(), name => name.Equals(body.Events![i], StringComparison.OrdinalIgnoreCase)) is not { } name)
            {
                return ApiFault.BadField($"events[{i}]", "is not the name of an event");
            }

            kinds.Add(Enum.Parse<DeliveryEventKind>(name));
        }

        return await AddAsync(context, EventExport.KindName, new EventExportRequest(from, to, [.. kinds.Distinct()]));
    }

    private async Task<IResult> AddSeriesAsync(HttpContext context, ExportBody body)
    {
        var fields = new CountFields
        {
            From = body.From,
            To = body.To,
            Interval = body.Interval,
            GroupBy = body.GroupBy,
            DomainId = body.DomainId,
            Domain = body.Domain,
            Tag = body.Tag,
            Stream = body.Stream,
        };
        var (query, fault) = await filter.ReadAsync(context, fields);
        return query is null ? fault! : await AddAsync(context, SeriesExport.KindName, query);
    }

    private async Task<IResult> AddAsync<T>(HttpContext context, string kind, T request)
    {
        var caller = ApiCaller.Of(context);
        var job = await jobs.AddAsync(caller.AccountId, kind, request, caller.Actor, context.RequestAborted);
        return job is null ? JobEndpoints.TooMany() : TypedResults.Accepted($"{PlatformEndpoints.ApiBase}/jobs/{job.Id}", JobAnswer.Of(job));
    }
}

/// <summary>Body of a request for an export.</summary>
internal sealed record ExportBody
{
    public string? Kind { get; init; }

    public string? From { get; init; }

    public string? To { get; init; }

    public IReadOnlyList<string>? Events { get; init; }

    public string? Interval { get; init; }

    public string? GroupBy { get; init; }

    /// <summary>Number, or text of a number.</summary>
    public string? DomainId { get; init; }

    public string? Domain { get; init; }

    public string? Tag { get; init; }

    public string? Stream { get; init; }
}
