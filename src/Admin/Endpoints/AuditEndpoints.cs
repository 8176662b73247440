using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Who did what, append only.</summary>
internal sealed class AuditEndpoints(IAuditStore audit)
{
    public void Map(RouteGroupBuilder group) => group.MapGet("/audit", ListAsync)
        .WithSummary("Acts of operators and keys, newest first")
        .Produces<Page<AuditAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Operate);

    private async Task<IResult> ListAsync(long? before, int? limit, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 500)
        {
            return Problems.BadRequest("limit: a number from 1 to 500");
        }

        var entries = await audit.ListAsync(before, limit ?? 50, cancellationToken);
        return TypedResults.Ok(new Page<AuditAnswer>(
            [.. entries.Select(AuditAnswer.Of)], entries.Count == (limit ?? 50) ? entries[^1].Id : null));
    }
}

/// <param name="From">Address of the caller; null for the local socket and the server itself.</param>
/// <param name="Affected">How many things the act changed.</param>
internal sealed record AuditAnswer(long Id, DateTimeOffset At, string Actor, string? From, string Action, string? Target, int Affected, long AccountId)
{
    public static AuditAnswer Of(AuditEntry entry) =>
        new(entry.Id, entry.At, entry.Actor, entry.From, entry.Action, entry.Target, entry.AffectedCount, entry.AccountId);
}
