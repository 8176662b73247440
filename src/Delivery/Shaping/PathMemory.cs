namespace Relay.Delivery;

/// <summary>What shaping remembers of one path. Guarded by the shaper's lock.</summary>
internal sealed class PathMemory(LearnedPace pace)
{
    public LearnedPace Pace { get; set; } = pace;

    public RecentRate Sent { get; } = new();

    /// <summary>The learned limits as they were last put in force; null when none are.</summary>
    public LimitOverride? InForce { get; set; }

    public DateTimeOffset LastUsed { get; set; }
}
