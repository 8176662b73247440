using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Senders;

namespace Relay.Platform.Domains;

/// <summary>The domains of the caller's account.</summary>
internal sealed class DomainEndpoints(DomainService domains, DomainVerifier verifier, PlatformOptions options)
{
    private const int MaxTextLength = 1_000;
    private const string Gone = "there is no such domain";
    private const string NotAllowed = "this API key is restricted to other domains";

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/domains", ListAsync).WithSummary("Domains the key may use").Produces<IReadOnlyList<DomainAnswer>>().Needs(ApiScope.Read);
        group.MapPost("/domains", CreateAsync).WithSummary("Create a domain; publish the DNS records of the answer")
            .Accepts<DomainRequest>("application/json").Produces<DomainAnswer>().Needs(ApiScope.Full);
        group.MapGet("/domains/{id}", FindAsync).WithSummary("One domain").Produces<DomainAnswer>().Needs(ApiScope.Read);
        group.MapPatch("/domains/{id}", ChangeAsync).WithSummary("Switch tracking of opens and clicks on or off")
            .Accepts<TrackingRequest>("application/json").Produces<DomainAnswer>().Needs(ApiScope.Full);

        // Their refusals are plain, so the scope is asked for inside.
        group.MapPut("/domains/{id}/verify", VerifyAsync).WithSummary("Check the DNS records now; the domain's isVerifying and status tell the outcome")
            .Produces<MessageAnswer>();
        group.MapDelete("/domains/{id}", RemoveAsync).WithSummary("Delete a domain; mail already accepted still goes").Produces<RemovedAnswer>();
    }

    private async Task<IResult> ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = ApiCaller.Of(context);
        var entries = await domains.ListAsync(caller.AccountId, cancellationToken);
        return TypedResults.Ok(entries.Where(entry => DomainAccess.Allows(caller.Credential, entry.Domain.Name)).Select(Answer).ToList());
    }

    private async Task<IResult> CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = ApiCaller.Of(context);
        var (fault, nameText, region) = await ReadAsync(context);
        if (fault is not null)
        {
            return fault;
        }

        if (!DomainRules.TryParseName(nameText, out var name, out var problem))
        {
            return ApiFault.BadField("name", problem);
        }

        if (!DomainRules.IsRegion(region))
        {
            return ApiFault.BadField("region", $"has 1 to {DomainRules.MaxRegionLength} characters");
        }

        if (!DomainAccess.Allows(caller.Credential, name))
        {
            return ApiFault.Forbidden(NotAllowed);
        }

        try
        {
            return TypedResults.Ok(Answer(await domains.CreateAsync(new DomainDraft(caller.AccountId, name, region), Actor(caller), cancellationToken)));
        }
        catch (DuplicateEntryException taken)
        {
            return ApiFault.NotUnique(taken.Message);
        }
        catch (DomainLimitException full)
        {
            return ApiFault.Unprocessable(full.Message);
        }
    }

    private static async ValueTask<(ApiFault? Fault, string Name, string Region)> ReadAsync(HttpContext context)
    {
        var faults = new FieldFaults();
        string? domain = null;
        string? region = null;
        await JsonBody.ReadAsync(context, faults, (ref Utf8JsonReader reader, string name) =>
        {
            switch (name)
            {
                case "name":
                    domain = JsonFields.TextOrEmpty(ref reader, faults, name, MaxTextLength);
                    break;
                case "region":
                    region = JsonFields.TextOrEmpty(ref reader, faults, name, MaxTextLength);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        });
        faults.Require("name", domain);
        faults.Require("region", region);
        return (faults.First, domain ?? string.Empty, region ?? string.Empty);
    }

    private async Task<IResult> FindAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var (entry, fault) = await LookAsync(ApiCaller.Of(context), id, cancellationToken);
        return fault is not null ? fault : TypedResults.Ok(Answer(entry!));
    }

    private async Task<IResult> ChangeAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var caller = ApiCaller.Of(context);
        var (entry, fault) = await LookAsync(caller, id, cancellationToken);
        if (fault is not null)
        {
            return fault;
        }

        var faults = new FieldFaults();
        bool? clicks = null;
        bool? opens = null;
        await JsonBody.ReadAsync(context, faults, (ref Utf8JsonReader reader, string name) =>
        {
            switch (name)
            {
                case "clickTracking":
                    clicks = JsonFields.Flag(ref reader, faults, name);
                    break;
                case "openTracking":
                    opens = JsonFields.Flag(ref reader, faults, name);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        });
        if (faults.First is { } wrong)
        {
            return wrong;
        }

        var changed = await domains.SwitchTrackingAsync(entry!, clicks, opens, Actor(caller), cancellationToken);
        return changed is null ? ApiFault.NotFound(Gone) : TypedResults.Ok(Answer(changed));
    }

    private async Task<IResult> VerifyAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var (entry, fault) = await FindPlainAsync(ApiCaller.Of(context), id, cancellationToken);
        if (fault is not null)
        {
            return fault;
        }

        return await verifier.RequestAsync(entry!, cancellationToken)
            ? TypedResults.Ok(new MessageAnswer("Domain verification started"))
            : ApiFault.NotFound(Gone) with { IsPlain = true };
    }

    private async Task<IResult> RemoveAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var caller = ApiCaller.Of(context);
        var (entry, fault) = await FindPlainAsync(caller, id, cancellationToken);
        if (fault is not null)
        {
            return fault;
        }

        return await domains.RemoveAsync(entry!, Actor(caller), cancellationToken)
            ? TypedResults.Ok(new RemovedAnswer(entry!.Domain.Id, true, "Domain deleted"))
            : ApiFault.NotFound(Gone) with { IsPlain = true };
    }

    private async ValueTask<(DomainEntry? Entry, ApiFault? Fault)> FindPlainAsync(ApiCaller caller, string id, CancellationToken cancellationToken)
    {
        if (!caller.May(ApiScope.Full))
        {
            return (null, ApiFault.Forbidden("this API key lacks the scope 'full'") with { IsPlain = true });
        }

        var (entry, fault) = await LookAsync(caller, id, cancellationToken);
        return (entry, fault is null ? null : fault with { IsPlain = true });
    }

    // An id of another account answers as one that never was.
    private async ValueTask<(DomainEntry? Entry, ApiFault? Fault)> LookAsync(ApiCaller caller, string id, CancellationToken cancellationToken)
    {
        var entry = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? await domains.FindAsync(caller.AccountId, number, cancellationToken)
            : null;
        return entry is null ? (null, ApiFault.NotFound(Gone))
            : DomainAccess.Allows(caller.Credential, entry.Domain.Name) ? (entry, null)
            : (null, ApiFault.Forbidden(NotAllowed));
    }

    private DomainAnswer Answer(DomainEntry entry) => DomainAnswer.Of(entry, verifier.IsChecking(entry.Domain.Id), options);

    private static AuditActor Actor(ApiCaller caller) => new(caller.Actor, caller.ClientAddress);
}

/// <param name="Region">Any text; this server stands where it stands.</param>
internal sealed record DomainRequest(string Name, string Region);

internal sealed record TrackingRequest(bool? ClickTracking, bool? OpenTracking);

internal sealed record MessageAnswer(string Message);

internal sealed record RemovedAnswer(long Id, bool Success, string Message);
