using Microsoft.Extensions.Logging;

namespace Relay.Platform.Campaigns;

/// <summary>Log texts of campaigns, 7400–7499; next free: 7403.</summary>
internal static partial class CampaignLog
{
    [LoggerMessage(7400, LogLevel.Error, "Campaigns could not be moved on; trying again")]
    public static partial void TurnFailed(ILogger logger, Exception trouble);

    [LoggerMessage(7401, LogLevel.Warning, "Campaign {Campaign} of account {AccountId} is paused: {Reason}")]
    public static partial void Stopped(ILogger logger, Guid campaign, long accountId, string reason);

    [LoggerMessage(7402, LogLevel.Information, "Campaign {Campaign} of account {AccountId} begins; {Total} contacts are subscribed")]
    public static partial void Begun(ILogger logger, Guid campaign, long accountId, long total);
}
