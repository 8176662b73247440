namespace Relay.Platform.Campaigns;

/// <summary>What the configuration says of campaigns.</summary>
public sealed record CampaignOptions
{
    /// <summary>Whose clock plain words and send windows mean where a request names none.</summary>
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Messages of one campaign that may wait in the queue at a time.</summary>
    public int MaxQueued { get; init; } = 20_000;

    /// <summary>More bounces than this share pause a campaign; 1 never does.</summary>
    public double MaxBounceRate { get; init; } = 0.05;

    /// <summary>More complaints than this share pause a campaign; 1 never does.</summary>
    public double MaxComplaintRate { get; init; } = 0.003;

    /// <summary>Recipients whose fate must be known before shares are judged.</summary>
    public int JudgeAfter { get; init; } = 200;
}
