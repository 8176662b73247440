using Microsoft.Extensions.Logging;

namespace Relay.Platform;

/// <summary>Log texts of the platform; webhooks 7000–7099, next free there: 7008.</summary>
internal static partial class PlatformLog
{
    [LoggerMessage(7000, LogLevel.Error, "A call of webhook {Webhook} could not be finished or noted; it is tried again")]
    public static partial void WebhookCallFailed(ILogger logger, Exception trouble, string webhook);

    [LoggerMessage(7001, LogLevel.Error, "The secret of webhook {Webhook} cannot be read: the key ring lacks the key it was sealed with")]
    public static partial void WebhookSecretUnreadable(ILogger logger, Exception trouble, string webhook);

    [LoggerMessage(7002, LogLevel.Warning, "Delivery {Delivery} to webhook {Webhook} is given up after {Tries} tries")]
    public static partial void WebhookGivenUp(ILogger logger, string delivery, string webhook, int tries);

    [LoggerMessage(7003, LogLevel.Warning, "Webhook {Webhook} to {Host} of account {AccountId} is switched off: {Reason}")]
    public static partial void WebhookSwitchedOff(ILogger logger, string webhook, string host, long accountId, string? reason);

    [LoggerMessage(7004, LogLevel.Warning, "The other webhooks could not be told that webhook {Webhook} is switched off")]
    public static partial void WebhookNoticeLost(ILogger logger, Exception trouble, string webhook);

    [LoggerMessage(7005, LogLevel.Error, "Webhook deliveries could not be served; trying again")]
    public static partial void WebhookDispatchFailed(ILogger logger, Exception trouble);

    [LoggerMessage(7007, LogLevel.Warning, "Notices for webhooks cannot be queued at the moment; they wait and are tried again")]
    public static partial void NoticesWait(ILogger logger, Exception trouble);

    [LoggerMessage(7006, LogLevel.Error, "Old webhook deliveries could not be deleted; they stay for now")]
    public static partial void WebhookRetentionFailed(ILogger logger, Exception trouble);
}
