using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Accounts: who owns keys, domains and mail.</summary>
internal sealed class AccountEndpoints
{
    private readonly AccountService _accounts;

    public AccountEndpoints(AccountService accounts) => _accounts = accounts;

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/accounts", ListAsync).WithSummary("Accounts").Produces<Page<AccountAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Admin);
        group.MapPost("/accounts", AddAsync).WithSummary("Create an account")
            .Produces<AccountAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapPut("/accounts/{name}/name", RenameAsync).WithSummary("Rename an account")
            .Produces<AccountAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict).RequiresRole(AdminRole.Admin);
        group.MapPost("/accounts/{name}/suspend", SuspendAsync).WithSummary("Refuse an account's keys and logins; mail already accepted still goes")
            .Produces<AccountAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPost("/accounts/{name}/resume", ResumeAsync).WithSummary("End a suspension")
            .Produces<AccountAnswer>().ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPut("/accounts/{name}/limits", LimitAsync).WithSummary("Set how much an account may send, and ask of the API; null is as configured, 0 without limit")
            .Produces<AccountAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
        group.MapPut("/accounts/{name}/time-zone", ZoneAsync).WithSummary("Set whose clock is meant where a request names no time zone; null is as configured")
            .Produces<AccountAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Admin);
    }

    private async Task<IResult> ListAsync([AsParameters] PageQuery page, CancellationToken cancellationToken) =>
        page.Refusal ?? (IResult)page.Answer(await _accounts.PageAsync(page.From, page.Size, cancellationToken), account => account.Id, AccountAnswer.Of);

    private Task<IResult> AddAsync(AccountRequest request, HttpContext context, CancellationToken cancellationToken) =>
        AnswerAsync(request.Name ?? "", async () => await _accounts.CreateAsync(request.Name ?? "", AdminActor.Audit(context), cancellationToken));

    private Task<IResult> RenameAsync(string name, AccountRequest request, HttpContext context, CancellationToken cancellationToken) =>
        AnswerAsync(name, async () => await _accounts.RenameAsync(name, request.Name ?? "", AdminActor.Audit(context), cancellationToken));

    private Task<IResult> SuspendAsync(string name, HttpContext context, CancellationToken cancellationToken) =>
        AnswerAsync(name, async () => await _accounts.SuspendAsync(name, AdminActor.Audit(context), cancellationToken));

    private Task<IResult> ResumeAsync(string name, HttpContext context, CancellationToken cancellationToken) =>
        AnswerAsync(name, async () => await _accounts.ResumeAsync(name, AdminActor.Audit(context), cancellationToken));

    private Task<IResult> LimitAsync(string name, LimitsRequest request, HttpContext context, CancellationToken cancellationToken) =>
        AnswerAsync(name, async () => await _accounts.LimitAsync(name, _ => request.ToLimits(), AdminActor.Audit(context), cancellationToken));

    private Task<IResult> ZoneAsync(string name, ZoneRequest request, HttpContext context, CancellationToken cancellationToken) =>
        AnswerAsync(name, async () => await _accounts.SetTimeZoneAsync(name, request.TimeZone, AdminActor.Audit(context), cancellationToken));

    private static async Task<IResult> AnswerAsync(string name, Func<Task<Account?>> act)
    {
        try
        {
            return await act() is { } account ? TypedResults.Ok(AccountAnswer.Of(account)) : Problems.NotFound($"there is no account {name}");
        }
        catch (ArgumentException fault)
        {
            return Problems.BadRequest(fault);
        }
        catch (DuplicateEntryException taken)
        {
            return Problems.Conflict(taken.Message);
        }
    }
}

internal sealed record AccountRequest(string? Name);

internal sealed record ZoneRequest(string? TimeZone);

internal sealed record AccountAnswer(long Id, string Name, DateTimeOffset CreatedAt, DateTimeOffset? SuspendedAt, string? TimeZone, LimitsRequest Limits)
{
    public static AccountAnswer Of(Account account) => new(account.Id, account.Name, account.CreatedAt, account.SuspendedAt, account.TimeZone, LimitsRequest.Of(account.Limits));
}
