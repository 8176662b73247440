using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Platform.Analytics;

/// <summary>Counts of the caller's account: two operations of the reference, and two that tell more.</summary>
internal sealed class AnalyticsEndpoints(AnalyticsFilter filter, SeriesReader reader, PlatformOptions options, TimeProvider time)
{
    public void Map(RouteGroupBuilder api)
    {
        var analytics = api.MapGroup("/analytics").WithTags("Analytics");
        analytics.MapGet("/email-time-series", TimeSeriesAsync).WithSummary("Counts of the last 7 or 30 days by day").Produces<TimeSeriesAnswer>().Needs(ApiScope.Read);
        analytics.MapGet("/reputation-metrics", ReputationAsync).WithSummary("Bounce and complaint rates").Produces<ReputationAnswer>().Needs(ApiScope.Read);
        analytics.MapGet("/totals", TotalsAsync).WithSummary("All counts of a period").Produces<TotalsAnswer>().Needs(ApiScope.Read);
        analytics.MapGet("/series", SeriesAsync).WithSummary("All counts of a period by hour or day").Produces<SeriesAnswer>().Needs(ApiScope.Read);
    }

    private async Task<IResult> TimeSeriesAsync(HttpContext context, string? days, string? domainId)
    {
        if (days is not (null or "" or "7" or "30"))
        {
            return ApiFault.BadField("days", "must be 7 or 30");
        }

        var (domain, fault) = await filter.DomainAsync(context, domainId);
        if (fault is not null)
        {
            return fault;
        }

        // Today and as many days before it.
        var today = AnalyticsFilter.Begin(time.GetUtcNow(), CountSpan.Day);
        var query = Days(context, domain, today.AddDays(days == "7" ? -7 : -30), today.AddDays(1));
        var points = (await reader.SeriesAsync(query, context.RequestAborted))[0].Points;
        var total = new Counts();
        foreach (var point in points)
        {
            total.Add(point.Counts);
        }

        return TypedResults.Ok(new TimeSeriesAnswer([.. points.Select(Day)], Totals(total)));
    }

    private async Task<IResult> ReputationAsync(HttpContext context, string? domainId)
    {
        var (domain, fault) = await filter.DomainAsync(context, domainId);
        if (fault is not null)
        {
            return fault;
        }

        var tomorrow = AnalyticsFilter.Begin(time.GetUtcNow(), CountSpan.Day).AddDays(1);
        var counts = await reader.TotalAsync(Days(context, domain, tomorrow - options.Aggregates, tomorrow), context.RequestAborted);
        return TypedResults.Ok(new ReputationAnswer(
            counts[Counter.Delivered],
            counts[Counter.BouncedHard],
            counts[Counter.Complained],
            counts.OfDelivered(Counter.BouncedHard),
            counts.OfDelivered(Counter.Complained)));
    }

    private async Task<IResult> TotalsAsync(
        HttpContext context, string? from, string? to, string? groupBy, string? domainId, string? domain, string? tag, string? stream)
    {
        var fields = new CountFields { From = from, To = to, GroupBy = groupBy, DomainId = domainId, Domain = domain, Tag = tag, Stream = stream };
        var (query, fault) = await filter.ReadAsync(context, fields);
        if (query is null)
        {
            return fault!;
        }

        var total = await reader.TotalAsync(query, context.RequestAborted);
        var groups = query.GroupBy == CountGroup.None ? null : await reader.GroupsAsync(query, context.RequestAborted);
        return TypedResults.Ok(new TotalsAnswer(
            ApiTime.Write(query.From),
            ApiTime.Write(query.To),
            CountsAnswer.Of(total),
            RatesAnswer.Of(total),
            groups is null ? null : [.. groups.Select(group => new GroupTotals(group.Group!, CountsAnswer.Of(group.Counts), RatesAnswer.Of(group.Counts)))]));
    }

    private async Task<IResult> SeriesAsync(
        HttpContext context, string? from, string? to, string? interval, string? groupBy, string? domainId, string? domain, string? tag, string? stream)
    {
        var fields = new CountFields { From = from, To = to, Interval = interval, GroupBy = groupBy, DomainId = domainId, Domain = domain, Tag = tag, Stream = stream };
        var (query, fault) = await filter.ReadAsync(context, fields);
        if (query is null)
        {
            return fault!;
        }

        var series = await reader.SeriesAsync(query, context.RequestAborted);
        return TypedResults.Ok(new SeriesAnswer(
            ApiTime.Write(query.From),
            ApiTime.Write(query.To),
            query.Span.ToString().ToLowerInvariant(),
            query.GroupBy == CountGroup.None ? null : query.GroupBy.ToString().ToLowerInvariant(),
            [.. series.Select(group => new SeriesGroup(group.Group, [.. group.Points.Select(Point)]))]));
    }

    private static CountQuery Days(HttpContext context, string? domain, DateTimeOffset from, DateTimeOffset to) => new()
    {
        AccountId = ApiCaller.Of(context).AccountId,
        Span = CountSpan.Day,
        From = from,
        To = to,
        Domain = domain,
    };

    private static SeriesPoint Point(CountRow row) => new(ApiTime.Write(row.At!.Value), CountsAnswer.Of(row.Counts));

    private static TimeSeriesDay Day(CountRow row)
    {
        var counts = Totals(row.Counts);
        return new TimeSeriesDay(
            row.At!.Value.ToString("MMM dd", CultureInfo.InvariantCulture),
            counts.Sent,
            counts.Delivered,
            counts.Opened,
            counts.Clicked,
            counts.Bounced,
            counts.Complained);
    }

    // Opens and clicks of persons, once for each copy.
    private static TimeSeriesTotals Totals(Counts counts) => new(
        counts[Counter.Sent],
        counts[Counter.Delivered],
        counts[Counter.OpenedUnique],
        counts[Counter.ClickedUnique],
        counts.Bounced,
        counts[Counter.Complained]);
}
