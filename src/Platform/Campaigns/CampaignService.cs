using Relay.Senders;

namespace Relay.Platform.Campaigns;

/// <summary>What owners do with campaigns; refusals are answers of the API.</summary>
internal sealed class CampaignService(
    ICampaignStore store,
    CampaignChecks checks,
    CampaignPaces paces,
    CampaignSignals signals,
    CampaignOptions options,
    AccountService accounts,
    IAuditStore audit,
    TimeProvider time)
{
    private const string Scheduled = "scheduled";

    public ValueTask<CampaignPage> ListAsync(CampaignFilter filter, CancellationToken cancellationToken) => store.ListAsync(filter, cancellationToken);

    /// <summary>Null when the account has no such campaign.</summary>
    public async ValueTask<Campaign?> FindAsync(long accountId, string id, CancellationToken cancellationToken) =>
        Guid.TryParse(id, out var uid) ? await store.FindAsync(accountId, uid, cancellationToken) : null;

    public async ValueTask<ApiResult<Campaign>> CreateAsync(ApiCaller caller, CampaignRequest request, FieldFaults faults, CancellationToken cancellationToken)
    {
        Require(faults, "name", request.Name);
        Require(faults, "from", request.From);
        Require(faults, "subject", request.Subject);
        Require(faults, "contactBookId", request.BookId);
        if (faults.First is { } missing)
        {
            return missing;
        }

        var now = time.GetUtcNow();
        var campaign = request.ApplyTo(Empty(caller.AccountId, await ZoneAsync(caller, cancellationToken), request, now), now);
        await checks.CheckAsync(caller, request, campaign, faults, cancellationToken);
        if (request.SendNow == true || request.ScheduledAt is not null)
        {
            campaign = Schedule(campaign, request, faults) ?? campaign;
        }

        if (faults.First is { } fault)
        {
            return fault;
        }

        if (await store.AddAsync(campaign, CampaignLimits.MaxCampaigns, cancellationToken) is not { } added)
        {
            return ApiFault.Unprocessable($"the account has {CampaignLimits.MaxCampaigns} campaigns already; delete some first");
        }

        await NoteAsync(caller, "campaign.create", added, cancellationToken);
        signals.Wake();
        return added;
    }

    public async ValueTask<ApiResult<Campaign>> ChangeAsync(
        ApiCaller caller, Campaign campaign, CampaignRequest request, FieldFaults faults, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var changed = request.ApplyTo(campaign, now);
        await checks.CheckAsync(caller, request, changed, faults, cancellationToken);
        if (request.ScheduledAt is not null || request.SendNow == true)
        {
            changed = Schedule(changed, request, faults) ?? changed;
        }
        else if (changed.Status == CampaignStatus.Scheduled)
        {
            checks.CheckSendable(changed, faults);
        }

        if (faults.First is { } fault)
        {
            return fault;
        }

        var stored = await store.ChangeAsync(campaign.Id, current => current.IsEditable && current.UpdatedAt == campaign.UpdatedAt ? changed : null, cancellationToken);
        return await AnswerAsync(caller, "campaign.change", stored, campaign, "changed", cancellationToken);
    }

    public async ValueTask<ApiResult<Campaign>> ScheduleAsync(
        ApiCaller caller, Campaign campaign, CampaignRequest request, FieldFaults faults, CancellationToken cancellationToken)
    {
        var planned = Schedule(campaign with { TimeZone = request.TimeZone ?? campaign.TimeZone }, request, faults);
        if (faults.First is { } fault)
        {
            return fault;
        }

        var stored = planned is null
            ? null
            : await store.ChangeAsync(campaign.Id, current => current.IsEditable && current.UpdatedAt == campaign.UpdatedAt ? planned : null, cancellationToken);
        return await AnswerAsync(caller, "campaign.schedule", stored, campaign, Scheduled, cancellationToken);
    }

    public ValueTask<ApiResult<Campaign>> PauseAsync(ApiCaller caller, Campaign campaign, CancellationToken cancellationToken) =>
        MoveAsync(caller, campaign, "campaign.pause", "paused", current => CampaignMoves.Pause(current, null, time.GetUtcNow()), cancellationToken);

    public ValueTask<ApiResult<Campaign>> ResumeAsync(ApiCaller caller, Campaign campaign, CancellationToken cancellationToken) =>
        MoveAsync(caller, campaign, "campaign.resume", "resumed", current => CampaignMoves.Resume(current, time.GetUtcNow()), cancellationToken);

    public ValueTask<ApiResult<Campaign>> CancelAsync(ApiCaller caller, Campaign campaign, CancellationToken cancellationToken) =>
        MoveAsync(caller, campaign, "campaign.cancel", "cancelled", current => CampaignMoves.Cancel(current, time.GetUtcNow()), cancellationToken);

    /// <summary>Only what is not under way: to stop one, cancel it first.</summary>
    public async ValueTask<ApiResult<Campaign>> RemoveAsync(ApiCaller caller, Campaign campaign, CancellationToken cancellationToken)
    {
        if (campaign.Status is CampaignStatus.InProgress or CampaignStatus.Paused && campaign.Counts.Queued > 0)
        {
            return Refuse(campaign, "deleted: cancel it first");
        }

        if (!await store.RemoveAsync(campaign.Id, cancellationToken))
        {
            return Unknown();
        }

        paces.Forget(campaign.Id);
        signals.Wake();
        await NoteAsync(caller, "campaign.delete", campaign, cancellationToken);
        return campaign;
    }

    public static ApiFault Unknown() => ApiFault.NotFound("there is no campaign with this id");

    private Campaign? Schedule(Campaign campaign, CampaignRequest request, FieldFaults faults)
    {
        checks.CheckSendable(campaign, faults);
        var now = time.GetUtcNow();
        var at = now;
        if (request.ScheduledAt is { } text && request.SendNow != true)
        {
            var zone = TimeZoneInfo.TryFindSystemTimeZoneById(campaign.TimeZone, out var known) ? known : TimeZoneInfo.Utc;
            if (!PlainTime.TryParse(text, now, zone, out at))
            {
                faults.Add("scheduledAt", PlainTime.Form);
            }
            else if (at > now + Emails.EmailLimits.MaxAhead)
            {
                faults.Add("scheduledAt", "may lie a year ahead at most");
            }
        }

        return CampaignMoves.Schedule(campaign, at, request.BatchSize, now);
    }

    private async ValueTask<ApiResult<Campaign>> MoveAsync(
        ApiCaller caller, Campaign campaign, string action, string verb, Func<Campaign, Campaign?> move, CancellationToken cancellationToken)
    {
        var moved = await store.ChangeAsync(campaign.Id, move, cancellationToken);
        return await AnswerAsync(caller, action, moved, campaign, verb, cancellationToken);
    }

    private async ValueTask<ApiResult<Campaign>> AnswerAsync(
        ApiCaller caller, string action, Campaign? moved, Campaign campaign, string verb, CancellationToken cancellationToken)
    {
        if (moved is null)
        {
            return await store.FindAsync(campaign.Id, cancellationToken) is { } current ? Refuse(current, verb) : Unknown();
        }

        await NoteAsync(caller, action, moved, cancellationToken);
        signals.Wake();
        return moved;
    }

    private static ApiFault Refuse(Campaign campaign, string verb) =>
        ApiFault.BadRequest($"a campaign that is {campaign.Status.Name()} cannot be {verb}{(campaign.Status == CampaignStatus.Paused && verb == Scheduled ? ": resume it, and it goes on" : string.Empty)}");

    private ValueTask NoteAsync(ApiCaller caller, string action, Campaign campaign, CancellationToken cancellationToken) =>
        audit.AppendAsync(new AuditActor(caller.Actor, caller.ClientAddress), time, action, campaign.Name, cancellationToken, campaign.AccountId);

    private async ValueTask<string> ZoneAsync(ApiCaller caller, CancellationToken cancellationToken) =>
        (await accounts.FindAsync(caller.AccountId, cancellationToken))?.TimeZone ?? options.TimeZone;

    private static Campaign Empty(long accountId, string zone, CampaignRequest request, DateTimeOffset now) => new()
    {
        Uid = Guid.CreateVersion7(now),
        AccountId = accountId,
        Name = request.Name!,
        From = request.From!,
        Subject = request.Subject!,
        BookUid = Guid.Empty,
        TimeZone = zone,
        CreatedAt = now,
        UpdatedAt = now,
    };

    private static void Require(FieldFaults faults, string field, string? value)
    {
        if (value is null)
        {
            faults.Add(field, "is missing");
        }
    }
}
