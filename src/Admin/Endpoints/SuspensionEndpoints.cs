using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Delivery;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Delivery suspended by operators: by account, login, stream, campaign, domain, site or source.</summary>
internal sealed class SuspensionEndpoints(IOperatorSuspensions suspensions, IAccountStore accounts, IAuditStore audit, TimeProvider time)
{
    private static readonly LimitScope[] Scopes = [.. Enum.GetValues<LimitScope>().Where(scope => scope != LimitScope.Path)];

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/suspensions", List).WithSummary("What operators suspended, oldest first").Produces<Page<SuspensionAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapPost("/suspensions", AddAsync).WithSummary("Suspend delivery; what is under way ends, what waits keeps waiting")
            .Produces<SuspensionAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Operate);
        group.MapDelete("/suspensions/{id}", EndAsync).WithSummary("End a suspension; its mail flows again within seconds")
            .Produces<SuspensionAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
    }

    private IResult List([AsParameters] PageQuery page) =>
        page.Refusal ?? (IResult)page.Answer([.. suspensions.Active().Where(one => one.Id > page.From).Take(page.Size)], one => one.Id, SuspensionAnswer.Of);

    private async Task<IResult> AddAsync(SuspensionRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (Refuse(request, now, out var scope, out var name) is { } error)
        {
            return Problems.BadRequest(error);
        }

        if (scope == LimitScope.Account)
        {
            if (await FindAccountAsync(name, cancellationToken) is not { } account)
            {
                return Problems.BadRequest($"name: there is no account with the name or number '{name}'");
            }

            name = account.Id.ToString(CultureInfo.InvariantCulture);
        }

        var actor = AdminActor.Of(context);
        var added = await suspensions.AddAsync(
            new OperatorSuspension { Scope = scope, Name = name, Reason = request.Reason!.Trim(), Actor = actor.Name, Since = now, Until = request.Until },
            cancellationToken);
        await NoteAsync("suspension.add", added, context, cancellationToken);
        return TypedResults.Ok(SuspensionAnswer.Of(added));
    }

    private async Task<IResult> EndAsync(long id, HttpContext context, CancellationToken cancellationToken)
    {
        if (await suspensions.EndAsync(id, cancellationToken) is not { } ended)
        {
            return Problems.NotFound($"there is no suspension {id}");
        }

        await NoteAsync("suspension.end", ended, context, cancellationToken);
        return TypedResults.Ok(SuspensionAnswer.Of(ended));
    }

    // A name of digits goes before a number.
    private async ValueTask<Account?> FindAccountAsync(string name, CancellationToken cancellationToken) =>
        await accounts.FindByNameAsync(name, cancellationToken)
        ?? (long.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? await accounts.FindAsync(id, cancellationToken) : null);

    private static string? Refuse(SuspensionRequest request, DateTimeOffset now, out LimitScope scope, out string name)
    {
        name = request.Name?.Trim() ?? string.Empty;
        var isKnown = Enum.TryParse(request.Scope, ignoreCase: true, out scope) && Scopes.Contains(scope) && !char.IsAsciiDigit(request.Scope![0]);
        if (!isKnown)
        {
            return $"scope: one of {string.Join(", ", Scopes.Select(Words.Of))}";
        }

        if (name.Length is 0 or > 256 || name.Any(char.IsControl))
        {
            return "name: 1 to 256 characters";
        }

        if (string.IsNullOrWhiteSpace(request.Reason) || request.Reason.Length > 500)
        {
            return "reason: say why, in 1 to 500 characters";
        }

        return request.Until <= now ? "until: must be ahead" : RefuseName(scope, ref name);
    }

    private static string? RefuseName(LimitScope scope, ref string name)
    {
        switch (scope)
        {
            case LimitScope.Stream:
                name = name.ToLowerInvariant();
                return Enum.GetNames<MailStream>().Contains(name, StringComparer.OrdinalIgnoreCase) ? null : "name: transactional or broadcast";
            case LimitScope.Domain:
                if (!DomainName.TryParse(name, out var domain))
                {
                    return $"name: '{name}' is not a domain";
                }

                name = domain.Ascii;
                return null;
            default:
                return null;
        }
    }

    private async ValueTask NoteAsync(string action, OperatorSuspension suspension, HttpContext context, CancellationToken cancellationToken)
    {
        var actor = AdminActor.Of(context);
        await audit.AppendAsync(
            new AuditEntry
            {
                At = time.GetUtcNow(),
                Actor = actor.Name,
                From = actor.Address,
                Action = action,
                Target = $"{Words.Of(suspension.Scope)} {suspension.Name}",
                AffectedCount = 1,
            },
            cancellationToken);
    }
}

/// <param name="Name">Of an account its name or its number; an answer holds the number.</param>
/// <param name="Until">Null: until it is ended.</param>
internal sealed record SuspensionRequest(string? Scope, string? Name, string? Reason, DateTimeOffset? Until);

internal sealed record SuspensionAnswer(long Id, string Scope, string Name, string Reason, string Actor, DateTimeOffset Since, DateTimeOffset? Until)
{
    public static SuspensionAnswer Of(OperatorSuspension suspension) => new(
        suspension.Id, Words.Of(suspension.Scope), suspension.Name, suspension.Reason, suspension.Actor, suspension.Since, suspension.Until);
}
