using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;

namespace Relay.Admin;

/// <summary>Destinations in use, with the limits in force, what feedback and rules made of them, and the last reply.</summary>
internal sealed class SiteEndpoints(IDeliveryStatus delivery)
{
    public void Map(RouteGroupBuilder group) => group.MapGet("/sites", List)
        .WithSummary("Paths of delivery in use, site by source, by name: limits with origin, connections, suspensions, last reply")
        .Produces<SitePage>().ProducesProblem(StatusCodes.Status400BadRequest);

    /// <param name="search">Part of the site's or source's name or of the last reply.</param>
    /// <param name="after">What the page before named as <c>next</c>.</param>
    private IResult List(string? search, string? after, int? limit)
    {
        if (limit is < 1 or > 500)
        {
            return Problems.BadRequest("limit: a number from 1 to 500");
        }

        var size = limit ?? 100;
        var found = delivery.Snapshot().Sites
            .Where(site => search is null || Matches(site, search))
            .Select(site => (Place: $"{site.Site} {site.Source}", Site: site))
            .Where(entry => after is null || string.CompareOrdinal(entry.Place, after) > 0)
            .OrderBy(entry => entry.Place, StringComparer.Ordinal)
            .Take(size)
            .ToList();
        return TypedResults.Ok(new SitePage([.. found.Select(entry => SiteAnswer.Of(entry.Site))], found.Count == size ? found[^1].Place : null));
    }

    private static bool Matches(SiteStatus site, string text) =>
        new[] { site.Site, site.Source, site.LastReply }.Any(field => field?.Contains(text, StringComparison.OrdinalIgnoreCase) == true);
}

/// <param name="Next">Give it as <c>after</c> for the page that follows; null on the last.</param>
internal sealed record SitePage(IReadOnlyList<SiteAnswer> Entries, string? Next);
