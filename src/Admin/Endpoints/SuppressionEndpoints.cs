using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Addresses never sent to.</summary>
internal sealed class SuppressionEndpoints
{
    private const long DefaultAccount = 1;

    private readonly ISuppressionStore _suppressions;
    private readonly IAuditStore _audit;
    private readonly TimeProvider _time;

    public SuppressionEndpoints(ISuppressionStore suppressions, IAuditStore audit, TimeProvider time)
    {
        _suppressions = suppressions;
        _audit = audit;
        _time = time;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/suppressions", ListAsync).WithSummary("Suppressed addresses, by address").Produces<SuppressionPage>();
        group.MapPost("/suppressions", AddAsync).WithSummary("Suppress an address")
            .Produces<SuppressionAnswer>().ProducesProblem(StatusCodes.Status400BadRequest).RequiresRole(AdminRole.Operate);
        group.MapDelete("/suppressions/{address}", RemoveAsync).WithSummary("Send to an address again")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status404NotFound).RequiresRole(AdminRole.Operate);
    }

    private async Task<IResult> ListAsync(string? after, int? limit, CancellationToken cancellationToken)
    {
        if (limit is < 1 or > 500)
        {
            return Problems.BadRequest("limit: a number from 1 to 500");
        }

        var list = await _suppressions.ListAsync(DefaultAccount, after, limit ?? 50, cancellationToken);
        var entries = list.Select(s => new SuppressionAnswer(s.Address, Words.Of(s.Reason), s.Detail, s.CreatedAt)).ToList();
        return TypedResults.Ok(new SuppressionPage(entries, entries.Count == (limit ?? 50) ? entries[^1].Address : null));
    }

    private async Task<IResult> AddAsync(SuppressionRequest request, HttpContext context, CancellationToken cancellationToken)
    {
        if (!Mailbox.TryParse(request.Address, out var mailbox))
        {
            return Problems.BadRequest($"address: '{request.Address}' is not an e-mail address");
        }

        var suppression = new Suppression
        {
            Address = SuppressionKey.Of(mailbox),
            Reason = SuppressionReason.Manual,
            Detail = request.Detail is { Length: > 500 } detail ? detail[..500] : request.Detail,
            CreatedAt = _time.GetUtcNow(),
        };
        await _suppressions.AddAsync(suppression, cancellationToken);
        await AuditAsync("suppression.add", suppression.Address, context, cancellationToken);
        return TypedResults.Ok(new SuppressionAnswer(suppression.Address, Words.Of(suppression.Reason), suppression.Detail, suppression.CreatedAt));
    }

    private async Task<IResult> RemoveAsync(string address, HttpContext context, CancellationToken cancellationToken)
    {
        if (!Mailbox.TryParse(address, out var mailbox)
            || !await _suppressions.RemoveAsync(DefaultAccount, SuppressionKey.Of(mailbox), cancellationToken))
        {
            return Problems.NotFound($"{address} is not suppressed");
        }

        await AuditAsync("suppression.remove", SuppressionKey.Of(mailbox), context, cancellationToken);
        return TypedResults.NoContent();
    }

    private ValueTask AuditAsync(string action, string target, HttpContext context, CancellationToken cancellationToken)
    {
        var actor = AdminActor.Of(context);
        return _audit.AppendAsync(
            new AuditEntry { At = _time.GetUtcNow(), Actor = actor.Name, From = actor.Address, Action = action, Target = target, AffectedCount = 1 },
            cancellationToken);
    }
}

internal sealed record SuppressionRequest(string? Address, string? Detail);

internal sealed record SuppressionAnswer(string Address, string Reason, string? Detail, DateTimeOffset CreatedAt);

internal sealed record SuppressionPage(IReadOnlyList<SuppressionAnswer> Entries, string? Next);
