using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Platform.Domains;
using Relay.Senders;

namespace Relay.Platform.Keys;

/// <summary>The API keys of the caller's account. No key sees, makes or revokes what goes beyond itself.</summary>
internal sealed class ApiKeyEndpoints(ApiKeyService keys)
{
    private const int MaxEntries = 100;
    private const int MaxTextLength = 1_000;

    public void Map(RouteGroupBuilder group)
    {
        group.MapGet("/api-keys", ListAsync).WithSummary("API keys of the account, revoked ones too").Produces<IReadOnlyList<ApiKeyAnswer>>().Needs(ApiScope.Full);
        group.MapPost("/api-keys", CreateAsync).WithSummary("Create an API key; it is shown once, in this answer")
            .Accepts<ApiKeyRequest>("application/json").Produces<ApiKeyAnswer>().Needs(ApiScope.Full);
        group.MapDelete("/api-keys/{id}", RevokeAsync).WithSummary("Revoke an API key; it ends at once").Produces<RemovedAnswer>().Needs(ApiScope.Full);
    }

    private async Task<IResult> ListAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = ApiCaller.Of(context);
        var all = await keys.ListAsync(caller.AccountId, cancellationToken);
        return TypedResults.Ok(all.Where(key => IsWithin(caller, key)).Select(key => ApiKeyAnswer.Of(key)).ToList());
    }

    private async Task<IResult> CreateAsync(HttpContext context, CancellationToken cancellationToken)
    {
        var caller = ApiCaller.Of(context);
        if ((await JsonBody.ReadAsync(context, JsonBody.MaxSmallBytes, Read)).Failed(out var wrong, out var draft))
        {
            return wrong;
        }

        if (KeyWidth.Beyond(caller.Credential, draft.Scopes, draft.Restrictions.AllowedSenders, draft.Restrictions.AllowedNetworks, draft.Restrictions.ExpiresAt) is var (field, problem))
        {
            return ApiFault.Forbidden($"{field}: {problem}");
        }

        if (caller.Credential.Limits != SendLimits.Default)
        {
            return ApiFault.Forbidden("this key has limits of its own, and those of the keys it made would begin anew; make keys with one that has none");
        }

        draft = draft with { AccountId = caller.AccountId };
        try
        {
            var (key, clearText) = await keys.CreateAsync(draft, Actor(caller), cancellationToken);
            return TypedResults.Ok(ApiKeyAnswer.Of(key) with { Key = clearText });
        }
        catch (ArgumentException fault)
        {
            return CredentialFaults.ForClients(fault);
        }
        catch (DuplicateEntryException)
        {
            return ApiFault.NotUnique($"there is a key {draft.Name} already");
        }
    }

    private static ApiKeyDraft Read(ref Utf8JsonReader reader, FieldFaults faults)
    {
        string? key = null;
        string? scope = null;
        var restrictions = new CredentialRestrictions();
        JsonFields.Object(ref reader, faults, (ref Utf8JsonReader value, string name) =>
        {
            switch (name)
            {
                case "name":
                    key = JsonFields.TextOrEmpty(ref value, faults, name, MaxTextLength);
                    break;
                case "scope":
                    scope = JsonFields.TextOrEmpty(ref value, faults, name, MaxTextLength);
                    break;
                case "domains":
                    restrictions = restrictions with { AllowedSenders = Entries(ref value, faults, name) };
                    break;
                case "networks":
                    restrictions = restrictions with { AllowedNetworks = Entries(ref value, faults, name) };
                    break;
                case "expiresAt":
                    restrictions = restrictions with { ExpiresAt = JsonFields.Time(ref value, faults, name) };
                    break;
                default:
                    value.Skip();
                    break;
            }
        });
        faults.Require("name", key);
        return new ApiKeyDraft(key ?? string.Empty, scope ?? "send") { Restrictions = restrictions };
    }

    private static List<string> Entries(ref Utf8JsonReader reader, FieldFaults faults, string field) =>
        JsonFields.Lines(ref reader, faults, field, new ItemBound(MaxEntries, "entries"), MaxTextLength) ?? [];

    private async Task<IResult> RevokeAsync(string id, HttpContext context, CancellationToken cancellationToken)
    {
        var caller = ApiCaller.Of(context);
        var key = long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? await keys.FindAsync(caller.AccountId, number, cancellationToken)
            : null;
        if (key is null || !IsWithin(caller, key))
        {
            return ApiFault.NotFound("there is no such key");
        }

        return await keys.RevokeAsync(key, Actor(caller), cancellationToken)
            ? TypedResults.Ok(new RemovedAnswer(key.Id, true, "API key revoked"))
            : ApiFault.NotFound("the key is revoked already");
    }

    private static bool IsWithin(ApiCaller caller, Credential key) =>
        key.Id == caller.Credential.Id
        || KeyWidth.Beyond(caller.Credential, key.Scopes, key.AllowedSenders, key.AllowedNetworks, key.ExpiresAt) is null;

    private static AuditActor Actor(ApiCaller caller) => new(caller.Actor, caller.ClientAddress);
}

/// <param name="Scope">full, send (default) or read; several are separated by a space.</param>
/// <param name="Domains">Domains and addresses it may send as; empty means any.</param>
/// <param name="Networks">Networks (CIDR) and addresses it may be used from; empty means any.</param>
internal sealed record ApiKeyRequest(string Name, string? Scope, IReadOnlyList<string>? Domains, IReadOnlyList<string>? Networks, DateTimeOffset? ExpiresAt);
