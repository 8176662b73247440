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
    public void Map(RouteGroupBuilder api) =>
        api.MapPost("/exports", (Delegate)CreateAsync).WithTags("Jobs").WithSummary("Write events or counts into a CSV file, in the background")
            .Accepts<ExportBody>("application/json").Produces<JobAnswer>(StatusCodes.Status202Accepted).Needs(ApiScope.Full);

    private async Task<IResult> CreateAsync(HttpContext context)
    {
        ExportBody? body;
        try
        {
            body = await context.Request.ReadFromJsonAsync<ExportBody>(context.RequestAborted);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return ApiFault.BadRequest("the body must be a JSON object of type application/json");
        }

        return body?.Kind switch
        {
            EventExport.KindName => await AddEventsAsync(context, body),
            SeriesExport.KindName => await AddSeriesAsync(context, body),
            _ => ApiFault.BadField("kind", "must be 'events' or 'series'"),
        };
    }

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
            DomainId = body.DomainId?.ToString(),
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
    public JsonElement? DomainId { get; init; }

    public string? Domain { get; init; }

    public string? Tag { get; init; }

    public string? Stream { get; init; }
}
