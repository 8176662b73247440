using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;

namespace Relay.Admin;

/// <summary>Who is braked for what became of his mail, and letting him go.</summary>
internal sealed class BrakeEndpoints(IBrakes brakes)
{
    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/brakes", List).WithSummary("Accounts, streams and credentials whose mail is kept back, with what was counted").Produces<Page<BrakeAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapDelete("/brakes/{id}", ReleaseAsync).WithSummary("End a brake and let go what it holds; asked again it lets go what was being held meanwhile")
            .Produces<AffectedAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
    }

    private IResult List([AsParameters] PageQuery page) => page.Cut([.. brakes.Active().Select(BrakeAnswer.Of)]);

    private async Task<IResult> ReleaseAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var released = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? await brakes.ReleaseAsync(number, AdminActor.Audit(context), cancellationToken)
            : null;
        return released is { } affected ? TypedResults.Ok(new AffectedAnswer(affected)) : Problems.NotFound($"there is no brake {id}");
    }
}

/// <param name="Scope">account, stream or credential.</param>
/// <param name="Rule">bounces, complaints, unknown-users, volume or new-networks.</param>
internal sealed record BrakeAnswer(long Id, long AccountId, string Scope, string Name, string Rule, string Reason, DateTimeOffset Since)
{
    public static BrakeAnswer Of(Brake brake) =>
        new(brake.Id, brake.Party.AccountId, brake.Party.Scope.ToString().ToLowerInvariant(), brake.Party.Name, brake.Rule, brake.Reason, brake.Since);
}
