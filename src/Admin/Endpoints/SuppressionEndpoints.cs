using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Addresses and patterns of addresses never sent to.</summary>
internal sealed class SuppressionEndpoints
{
    private readonly ISuppressionStore _suppressions;
    private readonly AccountService _accounts;
    private readonly IAuditStore _audit;
    private readonly TimeProvider _time;

    public SuppressionEndpoints(ISuppressionStore suppressions, AccountService accounts, IAuditStore audit, TimeProvider time)
    {
        _suppressions = suppressions;
        _accounts = accounts;
        _audit = audit;
        _time = time;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/suppressions", ListAsync).WithSummary("Suppressed addresses, by address")
            .Produces<SuppressionPage>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapGet("/suppressions/{address}", CheckAsync).WithSummary("Entries that hold for an address, patterns included; or those of a pattern")
            .Produces<Page<SuppressionAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapPost("/suppressions", AddAsync).WithSummary("Suppress an address, a domain (*@example.com) or a local part (abuse@*)")
            .Produces<SuppressionAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Operate);
        group.MapDelete("/suppressions/{address}", RemoveAsync).WithSummary("Send to an address again")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
    }

    private async Task<IResult> ListAsync(
        string? account, string? scope, string? reason, string? after, int? limit, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 500)
        {
            return Problems.BadRequest("limit: a number from 1 to 500");
        }

        var only = SuppressionScope.Account;
        if (scope is not null && !SuppressionScope.TryParse(scope, out only))
        {
            return BadScope(scope);
        }

        SuppressionReason? because = null;
        if (reason is not null && (because = Words.Parse<SuppressionReason>(reason)) is null)
        {
            return Problems.BadRequest($"reason: one of {string.Join(", ", Enum.GetValues<SuppressionReason>().Select(value => Words.Of(value)))}, not '{reason}'");
        }

        if (await FindAccountAsync(account, cancellationToken) is not { } owner)
        {
            return Problems.NotFound($"there is no account {account}");
        }

        var (address, afterScope) = SuppressionPage.ReadPlace(after);
        var listing = new SuppressionListing(owner)
        {
            Scope = scope is null ? null : only,
            Reason = because,
            After = address,
            AfterScope = afterScope,
            Limit = limit ?? 50,
        };
        var entries = await _suppressions.ListAsync(listing, cancellationToken);
        return TypedResults.Ok(new SuppressionPage(
            [.. entries.Select(SuppressionAnswer.Of)], entries.Count == listing.Limit ? SuppressionPage.PlaceOf(entries[^1]) : null));
    }

    private async Task<IResult> CheckAsync(string address, string? account, [AsParameters] PageQuery page, CancellationToken cancellationToken)
    {
        if (!SuppressionKey.TryParse(address, out var key))
        {
            return Problems.BadRequest($"address: '{address}' is not an e-mail address, nor *@domain or local@*");
        }

        if (await FindAccountAsync(account, cancellationToken) is not { } owner)
        {
            return Problems.NotFound($"there is no account {account}");
        }

        var (domain, localPart) = SuppressionKey.PatternsOf(key);
        var entries = new List<Suppression>();
        foreach (var held in SuppressionKey.IsPattern(key) ? new[] { key } : [key, domain, localPart])
        {
            entries.AddRange(await _suppressions.EntriesOfAsync(owner, held, cancellationToken));
        }

        return page.Cut<SuppressionAnswer>([.. entries.Select(SuppressionAnswer.Of)]);
    }

    private async Task<IResult> AddAsync(SuppressionRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        if (!SuppressionKey.TryParse(request.Address, out var key))
        {
            return Problems.BadRequest($"address: '{request.Address}' is not an e-mail address, nor *@domain or local@*");
        }

        if (!SuppressionScope.TryParse(request.Scope, out var scope))
        {
            return BadScope(request.Scope!);
        }

        if (request.ExpiresAt <= _time.GetUtcNow())
        {
            return Problems.BadRequest("expiresAt: a time that is not over yet");
        }

        if (await FindAccountAsync(request.Account, cancellationToken) is not { } owner)
        {
            return Problems.NotFound($"there is no account {request.Account}");
        }

        var suppression = new Suppression
        {
            AccountId = owner,
            Address = key,
            Scope = scope,
            Reason = SuppressionReason.Manual,
            Detail = request.Detail is { Length: > Suppression.MaxDetailLength } detail ? detail[..Suppression.MaxDetailLength] : request.Detail,
            CreatedAt = _time.GetUtcNow(),
            ExpiresAt = request.ExpiresAt,
        };
        await _suppressions.AddAsync(suppression, cancellationToken);
        await AuditAsync("suppression.add", key, 1, context, cancellationToken);
        return TypedResults.Ok(SuppressionAnswer.Of(suppression));
    }

    private async Task<IResult> RemoveAsync(string address, string? account, string? scope, HttpContext context, CancellationToken cancellationToken)
    {
        var only = SuppressionScope.Account;
        if (scope is not null && !SuppressionScope.TryParse(scope, out only))
        {
            return BadScope(scope);
        }

        if (!SuppressionKey.TryParse(address, out var key)
            || await FindAccountAsync(account, cancellationToken) is not { } owner
            || await _suppressions.RemoveAsync(owner, key, scope is null ? null : only, cancellationToken) is not (> 0 and var removed))
        {
            return Problems.NotFound($"{address} is not suppressed");
        }

        await AuditAsync("suppression.remove", key, removed, context, cancellationToken);
        return TypedResults.NoContent();
    }

    private async ValueTask<long?> FindAccountAsync(string? name, CancellationToken cancellationToken) =>
        name is null ? Account.Default.Id : (await _accounts.FindByNameAsync(name, cancellationToken))?.Id;

    private static ProblemHttpResult BadScope(string scope) =>
        Problems.BadRequest($"scope: account, stream:broadcast, stream:transactional or list:ID, not '{scope}'");

    private ValueTask AuditAsync(string action, string target, int count, HttpContext context, CancellationToken cancellationToken)
    {
        var actor = AdminActor.Of(context);
        return _audit.AppendAsync(
            new AuditEntry { At = _time.GetUtcNow(), Actor = actor.Name, From = actor.Address, Action = action, Target = target, AffectedCount = count },
            cancellationToken);
    }
}

/// <param name="Address">An address, <c>*@example.com</c> or <c>abuse@*</c>.</param>
/// <param name="Account">Default: the default account.</param>
/// <param name="Scope">account (default), stream:broadcast, stream:transactional or list:ID.</param>
internal sealed record SuppressionRequest(string? Address, string? Detail, string? Account, string? Scope, DateTimeOffset? ExpiresAt);

internal sealed record SuppressionAnswer(
    string Address, string Scope, string Reason, string? Detail, string? Evidence, string? MessageId, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt)
{
    public static SuppressionAnswer Of(Suppression entry) => new(
        entry.Address, entry.Scope.ToString(), Words.Of(entry.Reason), entry.Detail, entry.Evidence, entry.MessageId?.ToString(), entry.CreatedAt, entry.ExpiresAt);
}

/// <param name="Next">Give it as <c>after</c> for the page that follows; null on the last.</param>
internal sealed record SuppressionPage(IReadOnlyList<SuppressionAnswer> Entries, string? Next)
{
    private const char Separator = ' ';

    public static string PlaceOf(Suppression entry) => entry.Scope.IsAccount ? entry.Address : entry.Address + Separator + entry.Scope;

    public static (string? Address, SuppressionScope Scope) ReadPlace(string? place)
    {
        var scope = SuppressionScope.Account;
        return place?.LastIndexOf(Separator) is > 0 and var at && SuppressionScope.TryParse(place[(at + 1)..], out scope) ? (place[..at], scope) : (place, scope);
    }
}
