namespace Relay.Platform.Campaigns;

/// <summary>How many contacts may be written to now.</summary>
/// <param name="Pace">What holds it back; null when <paramref name="Count"/> is more than 0.</param>
/// <param name="BeginsBatch">The next message is the first of a batch.</param>
internal readonly record struct CampaignRoom(int Count, bool BeginsBatch, CampaignPace? Pace)
{
    // The queue tells when it has room; this is only for what nobody tells.
    private static readonly TimeSpan QueueLook = TimeSpan.FromSeconds(5);

    public static CampaignRoom Of(Campaign campaign, int maxQueued, DateTimeOffset now)
    {
        var waiting = campaign.Counts.Queued - campaign.Progress.Settled;
        var room = (int)Math.Clamp(maxQueued - waiting, 0, CampaignLimits.Piece);
        if (room == 0)
        {
            return new CampaignRoom(0, false, new CampaignPace(CampaignLimiter.Queue, now + QueueLook));
        }

        var opensAt = campaign.Progress.BatchStartedAt is { } started ? started.AddMinutes(campaign.BatchWindowMinutes) : now;
        if (campaign.BatchWindowMinutes == 0 || now >= opensAt)
        {
            return new CampaignRoom(Math.Min(room, campaign.BatchSize), campaign.BatchWindowMinutes > 0, null);
        }

        var left = (int)Math.Clamp(campaign.BatchSize - campaign.Progress.InBatch, 0, room);
        return left > 0 ? new CampaignRoom(left, false, null) : new CampaignRoom(0, false, new CampaignPace(CampaignLimiter.Batch, opensAt));
    }
}
