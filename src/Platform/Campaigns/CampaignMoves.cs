namespace Relay.Platform.Campaigns;

/// <summary>Which state follows which; null where a move is not allowed.</summary>
internal static class CampaignMoves
{
    public static Campaign? Schedule(Campaign campaign, DateTimeOffset at, int? batchSize, DateTimeOffset now) =>
        !campaign.IsEditable ? null : campaign with
        {
            Status = CampaignStatus.Scheduled,
            ScheduledAt = at > now ? at : now,
            BatchSize = batchSize ?? campaign.BatchSize,
            UpdatedAt = now,
        };

    public static Campaign Begin(Campaign campaign, long total, DateTimeOffset now) => campaign with
    {
        Status = CampaignStatus.InProgress,
        Counts = campaign.Counts with { Total = total },
        Progress = campaign.Progress with { StartedAt = campaign.Progress.StartedAt ?? now },
        UpdatedAt = now,
    };

    /// <param name="reason">Null when its owner asks.</param>
    public static Campaign? Pause(Campaign campaign, string? reason, DateTimeOffset now) => campaign.Status switch
    {
        CampaignStatus.InProgress => campaign with
        {
            Status = CampaignStatus.Paused,
            StopReason = reason,
            Progress = campaign.Progress with { Act = QueuedAct.Hold, ActCursor = 0 },
            UpdatedAt = now,
        },
        CampaignStatus.Scheduled => campaign with { Status = CampaignStatus.Paused, StopReason = reason, UpdatedAt = now },
        _ => null,
    };

    public static Campaign? Resume(Campaign campaign, DateTimeOffset now) => campaign.Status != CampaignStatus.Paused ? null : campaign with
    {
        Status = campaign.Progress.StartedAt is null && campaign.ScheduledAt > now ? CampaignStatus.Scheduled : CampaignStatus.InProgress,
        StopReason = null,
        Progress = campaign.Progress with
        {
            IsUnguarded = campaign.Progress.IsUnguarded || campaign.StopReason is not null,
            StartedAt = campaign.Progress.StartedAt ?? (campaign.ScheduledAt > now ? null : now),
            Act = campaign.Counts.Queued > 0 ? QueuedAct.Release : QueuedAct.None,
            ActCursor = 0,
        },
        UpdatedAt = now,
    };

    public static Campaign? Cancel(Campaign campaign, DateTimeOffset now) => campaign.IsOver ? null : campaign with
    {
        Status = CampaignStatus.Cancelled,
        Progress = campaign.Progress with { Act = campaign.Counts.Queued > 0 ? QueuedAct.Cancel : QueuedAct.None, ActCursor = 0 },
        UpdatedAt = now,
    };

    public static Campaign? Complete(Campaign campaign, DateTimeOffset now) =>
        campaign.Status != CampaignStatus.InProgress ? null : campaign with { Status = CampaignStatus.Completed, UpdatedAt = now };
}
