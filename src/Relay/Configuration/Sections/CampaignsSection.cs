namespace Relay;

/// <summary><c>[campaigns]</c>: one mail to everybody of a contact book.</summary>
internal sealed class CampaignsSection
{
    /// <summary>Whose clock is meant by "tomorrow 9am" and by send windows where a request names no time zone. Default UTC: the same everywhere.</summary>
    [Setting]
    public string TimeZone { get; init; } = "UTC";

    /// <summary>Messages of one campaign that may wait in the queue at a time. Default 20000: ample for destinations, and a pause or cancel is quick.</summary>
    [Setting(Min = "100", Max = "10000000")]
    public int MaxQueued { get; init; } = 20_000;

    /// <summary>A campaign is paused when more of its recipients bounce. Default 5%: a list like that harms every sender of this host. 100% never pauses.</summary>
    [Setting]
    public Percent MaxBounces { get; init; } = new(5);

    /// <summary>A campaign is paused when more of 1,000 recipients complain. Default 3: what large receivers tolerate at most. 1000 never pauses.</summary>
    [Setting(Min = "0", Max = "1000")]
    public int MaxComplaints { get; init; } = 3;

    /// <summary>Recipients whose fate must be known before a campaign is judged. Default 200: fewer say little.</summary>
    [Setting(Min = "1", Max = "1000000")]
    public int JudgeAfter { get; init; } = 200;
}
