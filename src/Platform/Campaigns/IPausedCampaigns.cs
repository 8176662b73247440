namespace Relay.Platform.Campaigns;

/// <summary>Campaigns that stand still, of all accounts, for operators.</summary>
public interface IPausedCampaigns
{
    /// <summary>Oldest first.</summary>
    ValueTask<IReadOnlyList<PausedCampaign>> PausedAsync(int limit, CancellationToken cancellationToken);
}

/// <param name="StopReason">Why the server stopped it; null when its owner paused it.</param>
/// <param name="Since">Its last change.</param>
public sealed record PausedCampaign(Guid Uid, string Name, long AccountId, string? StopReason, DateTimeOffset Since);
