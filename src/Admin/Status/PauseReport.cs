using Relay.Delivery;
using Relay.Platform.Campaigns;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>Everything that does not flow because somebody, or the server itself, wants it so: in one list, with until when and why.</summary>
internal sealed class PauseReport(
    IOperatorSuspensions suspensions, IDeliveryStatus delivery, IWarmupStatus warmup, AccountService accounts, IPausedCampaigns campaigns)
{
    /// <summary>Of each kind; an operator who paused more looks at the list of that kind.</summary>
    private const int MaxOfKind = 50;

    public async ValueTask<IReadOnlyList<PauseAnswer>> ListAsync(CancellationToken cancellationToken)
    {
        var snapshot = delivery.Snapshot();
        return
        [
            .. suspensions.Active().Take(MaxOfKind).Select(PauseAnswer.Of),
            .. snapshot.Sources.Where(source => source.Problem is not null).Take(MaxOfKind).Select(Resting),
            .. snapshot.Sites.SelectMany(Paths).Take(MaxOfKind),
            .. warmup.Snapshot().SelectMany(plan => plan.Sites.Where(site => site.PausedUntil is not null).Select(site => OfPlan(plan, site))).Take(MaxOfKind),
            .. (await accounts.SuspendedAsync(MaxOfKind, cancellationToken)).Select(Refused),
            .. (await campaigns.PausedAsync(MaxOfKind, cancellationToken)).Select(Paused),
        ];
    }

    private static PauseAnswer Resting(SourceStatus source) => new("source", source.Name, source.Problem!, "the source's check", null, source.RestsUntil, null);

    private static IEnumerable<PauseAnswer> Paths(SiteStatus site)
    {
        var name = $"{site.Site} from {site.Source}";
        if (site.Suspension is { } down)
        {
            yield return new PauseAnswer("path", name, down.Reason, "failures in a row", down.Since, down.Until, null);
        }

        foreach (var change in site.Overrides.Where(change => change.Change == OverrideStatus.Suspended))
        {
            yield return new PauseAnswer("path", name, change.Reason, "rule " + change.Name, null, change.Until, null);
        }
    }

    private static PauseAnswer OfPlan(WarmupStatus plan, WarmupProgress site) =>
        new("warmup", $"{plan.Plan.Name} to {site.Site}", site.PauseReason ?? "too many refusals", "the plan's limits", null, site.PausedUntil, null);

    private static PauseAnswer Refused(Account account) =>
        new("account", account.Name, "its keys and logins are refused; mail already accepted still goes", null, account.SuspendedAt, null, null);

    private static PauseAnswer Paused(PausedCampaign campaign) => new(
        "campaign", campaign.Name, campaign.StopReason ?? "its owner paused it", campaign.StopReason is null ? "its owner" : "the server", campaign.Since, null, null);
}

/// <summary>One thing that does not flow.</summary>
/// <param name="Kind">domain, site, source, account, user, stream, tag, path, warmup or campaign.</param>
/// <param name="By">Who or what did it; null where that is not kept here (the audit log knows).</param>
/// <param name="Until">Null: until somebody ends it.</param>
/// <param name="SuspensionId">Of an operator's suspension, to end it by.</param>
internal sealed record PauseAnswer(string Kind, string Name, string Reason, string? By, DateTimeOffset? Since, DateTimeOffset? Until, long? SuspensionId)
{
    public static PauseAnswer Of(OperatorSuspension suspension) => new(
        Words.Of(suspension.Scope), suspension.Name, suspension.Reason, suspension.Actor, suspension.Since, suspension.Until, suspension.Id);
}
