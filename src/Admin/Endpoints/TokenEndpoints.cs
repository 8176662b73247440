using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Tokens of operators, each with a name and a role of its own.</summary>
internal sealed class TokenEndpoints(AdminTokens tokens)
{
    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/whoami", WhoAmI).WithSummary("Name and role of the token in use").Produces<ActorAnswer>();
        group.MapGet("/tokens", ListAsync).WithSummary("Admin tokens in force").Produces<Page<TokenAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Admin);
        group.MapPost("/tokens", AddAsync).WithSummary("Create an admin token with the role view, operate or admin; it is shown once")
            .Produces<TokenCreated>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .RequiresRole(AdminRole.Admin);
        group.MapDelete("/tokens/{name}", RevokeAsync).WithSummary("Revoke an admin token; it ends at once")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
    }

    private static Ok<ActorAnswer> WhoAmI(HttpContext context)
    {
        var actor = AdminActor.Of(context);
        return TypedResults.Ok(new ActorAnswer(actor.Name, Words.Of(actor.Role)));
    }

    // A page may come short where tokens were revoked; the cursor goes on behind them.
    private async Task<IResult> ListAsync([AsParameters] PageQuery page, CancellationToken cancellationToken)
    {
        if (page.Refusal is { } refusal)
        {
            return refusal;
        }

        var found = await tokens.PageAsync(page.From, page.Size, cancellationToken);
        return TypedResults.Ok(new Page<TokenAnswer>(
            [.. found.Where(token => token.RevokedAt is null).Select(TokenAnswer.Of)], found.Count == page.Size ? found[^1].Id : null));
    }

    private async Task<IResult> AddAsync(TokenRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        try
        {
            var role = request.Role ?? "view";
            var token = await tokens.CreateAsync(request.Name ?? string.Empty, role, request.ExpiresAt, AdminActor.Audit(context), cancellationToken);
            return TypedResults.Ok(new TokenCreated(request.Name!, role, token));
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
        catch (DuplicateEntryException)
        {
            return Problems.Conflict($"there is a token {request.Name} already");
        }
    }

    private async Task<IResult> RevokeAsync(string name, HttpContext context, CancellationToken cancellationToken) =>
        await tokens.RevokeAsync(name, AdminActor.Audit(context), cancellationToken)
            ? TypedResults.NoContent()
            : Problems.NotFound($"there is no token {name} in force");
}

internal sealed record ActorAnswer(string Name, string Role);

/// <param name="Role">view (default), operate or admin.</param>
internal sealed record TokenRequest(string? Name, string? Role, DateTimeOffset? ExpiresAt);

internal sealed record TokenCreated(string Name, string Role, string Token);

/// <param name="Hint">The first characters.</param>
internal sealed record TokenAnswer(string Name, string Role, string? Hint, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt)
{
    public static TokenAnswer Of(Credential token) =>
        new(token.Name, token.Scopes, token.Hint, token.CreatedAt, token.ExpiresAt, token.LastUsedAt);
}
