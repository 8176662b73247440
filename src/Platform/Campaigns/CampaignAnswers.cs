using System.Globalization;

namespace Relay.Platform.Campaigns;

/// <summary>A campaign as the reference shows it, and what we know beyond.</summary>
internal sealed record CampaignAnswer
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string From { get; init; }

    public required string Subject { get; init; }

    public required string? PreviewText { get; init; }

    public required string? ContactBookId { get; init; }

    public required string? Html { get; init; }

    public required string? Content { get; init; }

    public required string Status { get; init; }

    public required DateTimeOffset? ScheduledAt { get; init; }

    public required int BatchSize { get; init; }

    public required int BatchWindowMinutes { get; init; }

    public required long Total { get; init; }

    public required long Sent { get; init; }

    public required long Delivered { get; init; }

    public required long Opened { get; init; }

    public required long Clicked { get; init; }

    public required long Unsubscribed { get; init; }

    public required long Bounced { get; init; }

    public required long HardBounced { get; init; }

    public required long Complained { get; init; }

    public required IReadOnlyList<string> ReplyTo { get; init; }

    public required IReadOnlyList<string> Cc { get; init; }

    public required IReadOnlyList<string> Bcc { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>Extensions of ours from here on.</summary>
    public string? TemplateId { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string TimeZone { get; init; } = "UTC";

    public SendWindowAnswer? SendWindow { get; init; }

    public bool? TrackOpens { get; init; }

    public bool? TrackClicks { get; init; }

    public CampaignProgressAnswer? Progress { get; init; }

    public static CampaignAnswer Of(Campaign campaign, CampaignPaces paces, DateTimeOffset now) => new()
    {
        Id = campaign.Uid.ToString(),
        Name = campaign.Name,
        From = campaign.From,
        Subject = campaign.Subject,
        PreviewText = campaign.PreviewText,
        ContactBookId = campaign.BookUid.ToString(),
        Html = campaign.Html,
        Content = campaign.Content,
        Status = campaign.Status.Name(),
        ScheduledAt = campaign.ScheduledAt,
        BatchSize = campaign.BatchSize,
        BatchWindowMinutes = campaign.BatchWindowMinutes,
        Total = campaign.Counts.Total,
        Sent = campaign.Counts.Sent,
        Delivered = campaign.Counts.Delivered,
        Opened = campaign.Counts.Opened,
        Clicked = campaign.Counts.Clicked,
        Unsubscribed = campaign.Counts.Unsubscribed,
        Bounced = campaign.Counts.Bounced,
        HardBounced = campaign.Counts.HardBounced,
        Complained = campaign.Counts.Complained,
        ReplyTo = campaign.ReplyTo,
        Cc = campaign.Cc,
        Bcc = campaign.Bcc,
        CreatedAt = campaign.CreatedAt,
        UpdatedAt = campaign.UpdatedAt,
        TemplateId = campaign.TemplateId,
        Tags = campaign.Tags,
        TimeZone = campaign.TimeZone,
        SendWindow = campaign.Window is { } window ? SendWindowAnswer.Of(window) : null,
        TrackOpens = campaign.TrackOpens,
        TrackClicks = campaign.TrackClicks,
        Progress = CampaignProgressAnswer.Of(campaign, paces, now),
    };
}

/// <summary>How far it has come and what holds it back.</summary>
internal sealed record CampaignProgressAnswer
{
    /// <summary>Messages accepted by the queue.</summary>
    public required long Queued { get; init; }

    /// <summary>Of those, how many wait or are being tried.</summary>
    public required long Waiting { get; init; }

    /// <summary>Contacts passed over: not subscribed any more when it came to them.</summary>
    public required long Skipped { get; init; }

    public required long Remaining { get; init; }

    /// <summary>Contacts a minute, over the last minutes; null when it does not move.</summary>
    public required double? PerMinute { get; init; }

    /// <summary>What holds it back: none, schedule, batch, queue, quota, account, storage or paused.</summary>
    public required string? Limiter { get; init; }

    public required DateTimeOffset? LimitedUntil { get; init; }

    /// <summary>When the last contact is reached at this pace; null when nobody can tell.</summary>
    public required DateTimeOffset? EstimatedEndAt { get; init; }

    /// <summary>Why the server paused it.</summary>
    public required string? StopReason { get; init; }

    public static CampaignProgressAnswer Of(Campaign campaign, CampaignPaces paces, DateTimeOffset now)
    {
        var remaining = campaign.IsOver ? 0 : Math.Max(0, campaign.Counts.Total - campaign.Progress.Expanded);
        var perMinute = campaign.Status == CampaignStatus.InProgress ? paces.PerMinute(campaign.Id) : null;
        var pace = PaceOf(campaign, paces);
        return new CampaignProgressAnswer
        {
            Queued = campaign.Counts.Queued,
            Waiting = Math.Max(0, campaign.Counts.Queued - campaign.Progress.Settled),
            Skipped = campaign.Progress.Skipped,
            Remaining = remaining,
            PerMinute = perMinute is { } rate ? Math.Round(rate, 1) : null,
            Limiter = pace?.Limiter.ToString().ToLower(CultureInfo.InvariantCulture),
            LimitedUntil = pace?.Until,
            EstimatedEndAt = End(campaign, remaining, perMinute, now),
            StopReason = campaign.StopReason,
        };
    }

    private static CampaignPace? PaceOf(Campaign campaign, CampaignPaces paces) => campaign.Status switch
    {
        CampaignStatus.Scheduled => new CampaignPace(CampaignLimiter.Schedule, campaign.ScheduledAt),
        CampaignStatus.Paused => new CampaignPace(CampaignLimiter.Paused, null),
        CampaignStatus.InProgress => paces.Of(campaign.Id) ?? CampaignPace.Going,
        _ => null,
    };

    // Batches tell more about a long campaign than its first minutes do.
    private static DateTimeOffset? End(Campaign campaign, long remaining, double? perMinute, DateTimeOffset now)
    {
        if (campaign.Status != CampaignStatus.InProgress || remaining == 0)
        {
            return null;
        }

        if (campaign is { BatchWindowMinutes: > 0, Progress.BatchStartedAt: { } started })
        {
            var batches = Math.Ceiling(Math.Max(0, remaining - (campaign.BatchSize - campaign.Progress.InBatch)) / (double)campaign.BatchSize);
            return started.AddMinutes(Math.Min(batches * campaign.BatchWindowMinutes, 5_000_000));
        }

        return perMinute is { } rate ? now.AddMinutes(Math.Min(remaining / rate, 5_000_000)) : null;
    }
}

internal sealed record SendWindowAnswer(string From, string To, IReadOnlyList<int> Days, bool ByRecipient)
{
    public static SendWindowAnswer Of(SendWindow window) => new(
        window.From.ToString("HH:mm", CultureInfo.InvariantCulture),
        window.To.ToString("HH:mm", CultureInfo.InvariantCulture),
        [.. window.Days.Select(day => (int)day)],
        window.ByRecipient);
}

/// <summary>What lists show.</summary>
internal sealed record CampaignEntry(
    string Id,
    string Name,
    string From,
    string Subject,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt,
    string Status,
    DateTimeOffset? ScheduledAt,
    long Total,
    long Sent,
    long Delivered,
    long Unsubscribed)
{
    public static CampaignEntry Of(Campaign campaign) => new(
        campaign.Uid.ToString(),
        campaign.Name,
        campaign.From,
        campaign.Subject,
        campaign.CreatedAt,
        campaign.UpdatedAt,
        campaign.Status.Name(),
        campaign.ScheduledAt,
        campaign.Counts.Total,
        campaign.Counts.Sent,
        campaign.Counts.Delivered,
        campaign.Counts.Unsubscribed);
}

internal sealed record CampaignListAnswer(IReadOnlyList<CampaignEntry> Campaigns, int TotalPage);

internal sealed record CampaignMovedAnswer(bool Success);
