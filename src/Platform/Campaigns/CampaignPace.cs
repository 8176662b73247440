namespace Relay.Platform.Campaigns;

/// <summary>What holds a campaign back; the names are told in lower camel case.</summary>
internal enum CampaignLimiter
{
    /// <summary>Nothing: it is being queued as fast as the server can.</summary>
    None,

    /// <summary>Its time has not come.</summary>
    Schedule,

    /// <summary>Its batch is full; the next window opens later.</summary>
    Batch,

    /// <summary>So many of its messages wait in the queue as may: destinations set the pace.</summary>
    Queue,

    /// <summary>E-mails or recipients of account or domain.</summary>
    Quota,

    /// <summary>The account is suspended.</summary>
    Account,

    /// <summary>Mail cannot be stored at the moment.</summary>
    Storage,

    /// <summary>It was paused.</summary>
    Paused,
}

/// <param name="Until">When to look again; null: at once.</param>
internal sealed record CampaignPace(CampaignLimiter Limiter, DateTimeOffset? Until)
{
    public static readonly CampaignPace Going = new(CampaignLimiter.None, null);
}
