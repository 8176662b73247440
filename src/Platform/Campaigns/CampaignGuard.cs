using System.Globalization;

namespace Relay.Platform.Campaigns;

/// <summary>Pauses a campaign that does harm: too many bounces or complaints among the messages whose fate is known.</summary>
internal sealed class CampaignGuard(ICampaignStore store, CampaignOptions options, TimeProvider time)
{
    public async ValueTask CheckAsync(Campaign campaign, CancellationToken cancellationToken)
    {
        if (campaign is { Status: CampaignStatus.InProgress, Progress.IsUnguarded: false } && ReasonToStop(campaign) is { } reason)
        {
            await store.ChangeAsync(
                campaign.Id,
                now => now.Status == CampaignStatus.InProgress ? CampaignMoves.Pause(now, reason, time.GetUtcNow()) : null,
                cancellationToken);
        }
    }

    /// <summary>A sentence for the owner; null when all is well, or too little is known.</summary>
    internal string? ReasonToStop(Campaign campaign)
    {
        var known = campaign.Progress.Settled;
        if (known < options.JudgeAfter)
        {
            return null;
        }

        return Exceeds(campaign.Counts.Bounced, known, options.MaxBounceRate, "bounced")
            ?? Exceeds(campaign.Counts.Complained, known, options.MaxComplaintRate, "complained");
    }

    private static string? Exceeds(long count, long known, double limit, string verb) =>
        limit < 1 && count > known * limit
            ? string.Create(CultureInfo.InvariantCulture, $"{count} of {known} recipients {verb} ({100.0 * count / known:0.0} %), more than the {100 * limit:0.##} % allowed")
            : null;
}
