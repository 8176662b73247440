using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Signing keys and the DNS records to publish for them.</summary>
internal sealed class DkimEndpoints
{
    private readonly DkimKeys _keys;
    private readonly DkimRotation _rotation;
    private readonly DomainService _domains;

    public DkimEndpoints(DkimKeys keys, DkimRotation rotation, DomainService domains)
    {
        _keys = keys;
        _rotation = rotation;
        _domains = domains;
    }

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/dkim", ListAsync).WithSummary("Signing keys, of one domain or all").Produces<Page<DkimKeyAnswer>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        group.MapPost("/dkim/{domain}", GenerateAsync).WithSummary("Make an RSA-2048 and an Ed25519 key for a domain, which sign once their records are seen; with active=true at once")
            .Produces<Page<DkimKeyAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .RequiresRole(AdminRole.Admin);
        group.MapPost("/dkim/{domain}/check", CheckAsync).WithSummary("Look for the records of a domain's keys now; first keys whose records are seen sign from then on")
            .Produces<Page<DkimCheckAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .RequiresRole(AdminRole.Admin);
        group.MapPost("/dkim/{domain}/rotate", RotateAsync).WithSummary("Make a successor for each key that signs; it signs once its record is seen, and the old one then retires by itself")
            .Produces<Page<DkimKeyAnswer>>().ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status409Conflict)
            .RequiresRole(AdminRole.Admin);
        group.MapPost("/dkim/{domain}/{selector}/retire", RetireAsync).WithSummary("End signing with a key; its record should stay published for a week")
            .Produces(StatusCodes.Status204NoContent).ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status404NotFound)
            .RequiresRole(AdminRole.Admin);
    }

    private async Task<IResult> ListAsync(string? domain, [AsParameters] PageQuery page, CancellationToken cancellationToken)
    {
        DomainName? name = null;
        if (domain is not null && !DomainName.TryParse(domain, out name))
        {
            return Problems.BadRequest($"domain: '{domain}' is not a domain name");
        }

        return page.Refusal ?? (IResult)page.Answer(await _keys.PageAsync(name, page.From, page.Size, cancellationToken), key => key.Id, DkimKeyAnswer.Of);
    }

    private async Task<IResult> GenerateAsync(string domain, bool? active, HttpContext context, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(domain, out var name))
        {
            return Problems.BadRequest($"'{domain}' is not a domain name");
        }

        try
        {
            var actor = AdminActor.Of(context);
            var pair = await _keys.GenerateAsync(name, null, active == true, new AuditActor(actor.Name, actor.Address), cancellationToken);
            await _domains.KeysChangedAsync(name, cancellationToken);
            return Answer(pair);
        }
        catch (DuplicateEntryException taken)
        {
            return Problems.Conflict(taken.Message);
        }
    }

    private async Task<IResult> CheckAsync(string domain, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(domain, out var name))
        {
            return Problems.BadRequest($"'{domain}' is not a domain name");
        }

        var found = await _rotation.CheckAsync(name, cancellationToken);
        return found.Count == 0
            ? Problems.NotFound($"{domain} has no signing key")
            : TypedResults.Ok(new Page<DkimCheckAnswer>([.. found.Select(item => DkimCheckAnswer.Of(item.Key, item.Sighting))], null));
    }

    private async Task<IResult> RotateAsync(string domain, HttpContext context, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(domain, out var name))
        {
            return Problems.BadRequest($"'{domain}' is not a domain name");
        }

        try
        {
            return Answer(await _keys.RotateAsync(name, AdminActor.Audit(context), cancellationToken));
        }
        catch (DuplicateEntryException refused)
        {
            return Problems.Conflict(refused.Message);
        }
    }

    private async Task<IResult> RetireAsync(string domain, string selector, HttpContext context, CancellationToken cancellationToken)
    {
        if (!DomainName.TryParse(domain, out var name))
        {
            return Problems.BadRequest($"'{domain}' is not a domain name");
        }

        var actor = AdminActor.Of(context);
        if (!await _keys.RetireAsync(name, selector, new AuditActor(actor.Name, actor.Address), cancellationToken))
        {
            return Problems.NotFound($"{domain} has no key {selector} that signs");
        }

        await _domains.KeysChangedAsync(name, cancellationToken);
        return TypedResults.NoContent();
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

/// <param name="Seen">found, absent, other or unknown.</param>
/// <param name="Detail">What DNS says, for people.</param>
internal sealed record DkimCheckAnswer(string Domain, string Selector, string Algorithm, string State, string Name, string Record, string Seen, string Detail)
{
    public static DkimCheckAnswer Of(SealedDkimKey key, DkimSighting sighting) => new(
        key.Domain, key.Selector, Words.Of(key.Algorithm), Words.Of(key.State), DkimKeyProof.NameOf(key), key.PublicRecord, Words.Of(sighting.Presence), sighting.Detail);
}
