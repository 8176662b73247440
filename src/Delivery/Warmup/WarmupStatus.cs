namespace Relay.Delivery;

/// <summary>How far warm-up plans are.</summary>
public interface IWarmupStatus
{
    /// <summary>Every plan with the sites it has met.</summary>
    IReadOnlyList<WarmupStatus> Snapshot();
}

/// <summary>A plan and how far it is with each site.</summary>
public sealed record WarmupStatus(WarmupOptions Plan, IReadOnlyList<WarmupProgress> Sites);
