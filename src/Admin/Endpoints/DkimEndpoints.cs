using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Signing keys and the DNS records to publish for them.</summary>
internal sealed class DkimEndpoints
{
    private readonly DkimKeys _keys;

    public DkimEndpoints(DkimKeys keys) => _keys = keys;

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/dkim", ListAsync).WithSummary("Signing keys, of one domain or all").Produces<Page<DkimKeyAnswer>>();
        group.MapPost("/dkim/{domain}", GenerateAsync).WithSummary("Make an RSA-2048 and an Ed25519 key for a domain")
            .Produces<Page<DkimKeyAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .RequiresRole(AdminRole.Admin);
        group.MapPost("/dkim/{domain}/rotate", RotateAsync).WithSummary("Make a second pair that signs once its records are seen; the old one then retires by itself")
            .Produces<Page<DkimKeyAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .RequiresRole(AdminRole.Admin);
        group.MapPost("/dkim/{domain}/{selector}/retire", RetireAsync).WithSummary("End signing with a key; its record should stay published for a week")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .RequiresRole(AdminRole.Admin);
    }

    private async Task<IResult> ListAsync(string? domain, CancellationToken cancellationToken)
    {
        DomainName? name = null;
        if (domain is not null && !DomainName.TryParse(domain, out name))
        {
            return Problems.BadRequest($"domain: '{domain}' is not a domain name");
        }

        return Answer(await _keys.ListAsync(name, cancellationToken));
    }

    private async Task<IResult> GenerateAsync(string domain, HttpContext context, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(domain, out var name))
        {
            return Problems.BadRequest($"'{domain}' is not a domain name");
        }

        try
        {
            var actor = AdminActor.Of(context);
            return Answer(await _keys.GenerateAsync(name, null, new AuditActor(actor.Name, actor.Address), cancellationToken));
        }
        catch (DuplicateEntryException taken)
        {
            return Problems.Conflict(taken.Message);
        }
    }

    private async Task<IResult> RotateAsync(string domain, HttpContext context, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(domain, out var name))
        {
            return Problems.BadRequest($"'{domain}' is not a domain name");
        }

        return await _keys.RotateAsync(name, AdminActor.Audit(context), cancellationToken) is { } pair
            ? Answer(pair)
            : Problems.Conflict($"{domain} has no key that signs, or a pair that waits for its records already");
    }

    private async Task<IResult> RetireAsync(string domain, string selector, HttpContext context, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(domain, out var name))
        {
            return Problems.BadRequest($"'{domain}' is not a domain name");
        }

        var actor = AdminActor.Of(context);
        return await _keys.RetireAsync(name, selector, new AuditActor(actor.Name, actor.Address), cancellationToken)
            ? TypedResults.NoContent()
            : Problems.NotFound($"{domain} has no key {selector} that signs");
    }

    private static Ok<Page<DkimKeyAnswer>> Answer(IReadOnlyList<SealedDkimKey> keys) =>
        TypedResults.Ok(new Page<DkimKeyAnswer>([.. keys.Select(DkimKeyAnswer.Of)], null));
}

/// <param name="Name">Where to publish the TXT record.</param>
/// <param name="Record">Its value.</param>
internal sealed record DkimKeyAnswer(string Domain, string Selector, string Algorithm, string State, string Name, string Record, DateTimeOffset CreatedAt)
{
    public static DkimKeyAnswer Of(SealedDkimKey key) => new(
        key.Domain,
        key.Selector,
        Words.Of(key.Algorithm),
        Words.Of(key.State),
        $"{key.Selector}._domainkey.{key.Domain}",
        key.PublicRecord,
        key.CreatedAt);
}
