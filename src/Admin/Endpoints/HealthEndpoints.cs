using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Relay.Admin;

/// <summary>For load balancers and supervisors; needs no token and reveals nothing but names of parts.</summary>
internal sealed class HealthEndpoints
{
    private readonly HealthReport _health;

    public HealthEndpoints(HealthReport health) => _health = health;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", () => TypedResults.Ok(new HealthAnswer("live", [], null))).WithSummary("The process answers").Produces<HealthAnswer>();
        routes.MapGet("/health/ready", Ready).WithSummary("Mail can be accepted")
            .Produces<HealthAnswer>().Produces<HealthAnswer>(StatusCodes.Status503ServiceUnavailable);
    }

    private IResult Ready()
    {
        var unwell = _health.Parts().Where(part => !part.Healthy).Select(part => part.Name).ToList();
        return _health.IsReady
            ? TypedResults.Ok(new HealthAnswer("ready", unwell, _health.Sentence))
            : TypedResults.Json(new HealthAnswer("not ready", unwell, _health.Sentence), statusCode: StatusCodes.Status503ServiceUnavailable);
    }
}

/// <param name="Unwell">Names of parts in trouble, also of those that only delay mail.</param>
/// <param name="Text">What is wrong where that may be said to anybody; else null.</param>
internal sealed record HealthAnswer(string Status, IReadOnlyList<string> Unwell, string? Text);
