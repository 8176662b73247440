using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Platform.Campaigns;
using Relay.Senders;

namespace Relay.Platform.Accounts;

/// <summary><c>/account</c>: what the caller's account may set for itself.</summary>
internal sealed class AccountSettingsEndpoints(AccountService accounts, CampaignOptions options)
{
    private const int MaxZoneLength = 100;

    public void Map(RouteGroupBuilder api)
    {
        api.MapGet("/account", (Delegate)ShowAsync).WithTags("Account").WithSummary("The key's account").Produces<AccountSettingsAnswer>().Needs(ApiScope.Read);
        api.MapPatch("/account", (Delegate)ChangeAsync).WithTags("Account").WithSummary("Set the account's time zone; null is as configured")
            .Accepts<AccountSettingsDocument>("application/json").Produces<AccountSettingsAnswer>().Needs(ApiScope.Full);
    }

    private async Task<IResult> ShowAsync(HttpContext context) =>
        await accounts.FindAsync(ApiCaller.Of(context).AccountId, context.RequestAborted) is { } account ? Answer(account) : Gone();

    private async Task<IResult> ChangeAsync(HttpContext context)
    {
        var faults = new FieldFaults();
        string? zone = null;
        var isGiven = false;
        await JsonBody.ReadAsync(context, faults, (ref Utf8JsonReader reader, string name) =>
        {
            if (name == "timeZone")
            {
                isGiven = true;
                zone = JsonFields.Line(ref reader, faults, name, MaxZoneLength);
            }
            else
            {
                reader.Skip();
            }
        });
        if (faults.First is { } fault)
        {
            return fault;
        }

        var caller = ApiCaller.Of(context);
        if (await accounts.FindAsync(caller.AccountId, context.RequestAborted) is not { } account)
        {
            return Gone();
        }

        try
        {
            var changed = isGiven ? await accounts.SetTimeZoneAsync(account.Name, zone, new AuditActor(caller.Actor, caller.ClientAddress), context.RequestAborted) : account;
            return changed is null ? Gone() : Answer(changed);
        }
        catch (ArgumentException)
        {
            return ApiFault.BadField("timeZone", "must be a time zone such as Europe/Berlin or UTC");
        }
    }

    private IResult Answer(Account account) => ApiJson.Answer(new AccountSettingsAnswer(account.Id, account.Name, account.TimeZone ?? options.TimeZone, account.TimeZone is null));

    private static ApiFault Gone() => ApiFault.NotFound("there is no such account");
}

/// <param name="TimeZone">Null is as configured.</param>
internal sealed record AccountSettingsDocument(string? TimeZone);

/// <param name="TimeZone">Whose clock is meant where a request names no time zone.</param>
/// <param name="IsDefaultTimeZone">The account has none of its own.</param>
internal sealed record AccountSettingsAnswer(long Id, string Name, string TimeZone, bool IsDefaultTimeZone);
