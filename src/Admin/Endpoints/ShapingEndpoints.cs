using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Decisions about sites and sources: what was lowered or suspended, why, and until when.</summary>
internal sealed class ShapingEndpoints(IShapingControl shaping, IAuditStore audit, TimeProvider time)
{
    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/shaping/decisions", ListAsync).WithSummary("Decisions about sites and sources, newest first")
            .Produces<Page<DecisionAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapDelete("/shaping/decisions/{id}", EndAsync).WithSummary("End a decision that is in force")
            .Produces<DecisionAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
    }

    /// <param name="active">True: only those in force now.</param>
    private async Task<IResult> ListAsync(
        string? site, string? source, bool? active, long? before, int? limit, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 500)
        {
            return Problems.BadRequest("limit: a number from 1 to 500");
        }

        var now = time.GetUtcNow();
        var filter = new DecisionFilter { Site = site, Source = source, ActiveAt = active == true ? now : null, Before = before, Limit = limit ?? 50 };
        var decisions = await shaping.ListAsync(filter, cancellationToken);
        return TypedResults.Ok(new Page<DecisionAnswer>(
            [.. decisions.Select(d => DecisionAnswer.Of(d, now))], decisions.Count == filter.Limit ? decisions[^1].Id : null));
    }

    private async Task<IResult> EndAsync(long id, HttpContext context, CancellationToken cancellationToken)
    {
        if (await shaping.EndAsync(id, cancellationToken) is not { } ended)
        {
            return Problems.NotFound($"no decision {id} is in force");
        }

        var (actor, now) = (AdminActor.Of(context), time.GetUtcNow());
        await audit.AppendAsync(
            new AuditEntry { At = now, Actor = actor.Name, From = actor.Address, Action = "shaping.end", Target = $"{id} {ended.Rule}", AffectedCount = 1 },
            cancellationToken);
        return TypedResults.Ok(DecisionAnswer.Of(ended, now));
    }
}

/// <param name="Site">Null: every site.</param>
/// <param name="Source">Null: every source.</param>
/// <param name="Reason">The reply that brought it about, or what was seen.</param>
/// <param name="EndedAt">When an operator ended it.</param>
internal sealed record DecisionAnswer(
    long Id,
    string Act,
    DateTimeOffset At,
    DateTimeOffset Until,
    bool Active,
    string? Site,
    string? Source,
    string Rule,
    int? Connections,
    string? Rate,
    string Reason,
    DateTimeOffset? EndedAt)
{
    public static DecisionAnswer Of(ShapingDecision decision, DateTimeOffset now) => new(
        decision.Id,
        Words.Of(decision.Act),
        decision.At,
        decision.Until,
        decision.IsActive(now),
        decision.Site,
        decision.Source,
        decision.Rule,
        decision.Connections,
        decision.Rate?.ToString(),
        decision.Reason,
        decision.EndedAt);
}
