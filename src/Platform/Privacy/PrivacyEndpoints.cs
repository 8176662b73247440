using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Relay.Mail;
using Relay.Platform.Jobs;
using Relay.Senders;

namespace Relay.Platform.Privacy;

/// <summary>Erasure and export by address, within the caller's account.</summary>
internal sealed class PrivacyEndpoints(PrivacyService privacy)
{
    private const int MaxAddressLength = 1_000;

    private delegate ValueTask<Job?> Add(Mailbox address, long owner, long? accountId, AuditActor actor, CancellationToken cancellationToken);

    public void Map(RouteGroupBuilder api)
    {
        api.MapPost("/privacy/erasures", (Delegate)EraseAsync).WithTags("Privacy").WithSummary("Erase an address, in the background; the job's file is the receipt")
            .Accepts<AddressBody>("application/json").Produces<JobAnswer>(StatusCodes.Status202Accepted).Needs(ApiScope.Full);
        api.MapPost("/privacy/exports", (Delegate)ExportAsync).WithTags("Privacy").WithSummary("Write everything known of an address into a JSON file, in the background")
            .Accepts<AddressBody>("application/json").Produces<JobAnswer>(StatusCodes.Status202Accepted).Needs(ApiScope.Full);
    }

    private Task<IResult> EraseAsync(HttpContext context) => AddAsync(context, privacy.EraseAsync);

    private Task<IResult> ExportAsync(HttpContext context) => AddAsync(context, privacy.ExportAsync);

    private static async Task<IResult> AddAsync(HttpContext context, Add add)
    {
        var faults = new FieldFaults();
        Mailbox? address = null;
        await JsonBody.ReadAsync(context, faults, (ref Utf8JsonReader reader, string name) =>
        {
            if (name == "address")
            {
                address = Mailbox.TryParse(JsonFields.Line(ref reader, faults, name, MaxAddressLength), out var given) ? given : null;
            }
            else
            {
                reader.Skip();
            }
        });
        if (address is null)
        {
            faults.Add("address", "must be an e-mail address without a display name");
        }

        if (faults.First is { } fault)
        {
            return fault;
        }

        var caller = ApiCaller.Of(context);
        var job = await add(address!, caller.AccountId, caller.AccountId, new AuditActor(caller.Actor, caller.ClientAddress), context.RequestAborted);
        return job is null ? JobEndpoints.TooMany() : TypedResults.Accepted($"{PlatformEndpoints.ApiBase}/jobs/{job.Id}", JobAnswer.Of(job));
    }
}

/// <summary>Body of a request about one address.</summary>
internal sealed record AddressBody(string? Address);
