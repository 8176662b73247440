using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;

namespace Relay.Admin;

/// <summary>How far warm-up plans are.</summary>
internal sealed class WarmupEndpoints(IWarmupStatus warmup)
{
    public void Map(RouteGroupBuilder group) => group.MapGet("/warmup", List)
        .WithSummary("Warm-up plans: day, budget and use for each site, and why a plan rests").Produces<Page<WarmupAnswer>>()
        .ProducesProblem(StatusCodes.Status400BadRequest);

    private IResult List([AsParameters] PageQuery page) => page.Cut([.. warmup.Snapshot().Select(WarmupAnswer.Of)]);
}

/// <param name="Days">Messages of each day.</param>
internal sealed record WarmupAnswer(string Plan, string Source, IReadOnlyList<int> Days, IReadOnlyList<WarmupSiteAnswer> Sites)
{
    public static WarmupAnswer Of(WarmupStatus status) => new(
        status.Plan.Name, status.Plan.Source, status.Plan.Days, [.. status.Sites.Select(site => WarmupSiteAnswer.Of(status.Plan, site))]);
}

/// <param name="Day">1 for the first.</param>
/// <param name="Budget">Messages of today; null when the source is warm.</param>
internal sealed record WarmupSiteAnswer(
    string Site,
    int Day,
    bool Done,
    int? Budget,
    int Sent,
    int Delivered,
    int Deferred,
    int Bounced,
    int Complaints,
    DateTimeOffset? PausedUntil,
    string? PauseReason)
{
    public static WarmupSiteAnswer Of(WarmupOptions plan, WarmupProgress progress)
    {
        var isDone = progress.Day >= plan.Days.Count;
        return new WarmupSiteAnswer(
            progress.Site,
            progress.Day + 1,
            isDone,
            isDone ? null : plan.Days[progress.Day],
            progress.Sent,
            progress.Delivered,
            progress.Deferred,
            progress.Bounced,
            progress.Complaints,
            progress.PausedUntil,
            progress.PauseReason);
    }
}
