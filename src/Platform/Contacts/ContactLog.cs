using Microsoft.Extensions.Logging;

namespace Relay.Platform.Contacts;

/// <summary>Log texts of contacts; 7300–7399, next free: 7305.</summary>
internal static partial class ContactLog
{
    [LoggerMessage(7300, LogLevel.Warning, "Webhooks could not be told of {Type}")]
    public static partial void NoticeLost(ILogger logger, string type, Exception trouble);

    [LoggerMessage(7301, LogLevel.Error, "What removed contact books left behind could not be removed; it is tried again")]
    public static partial void SweepFailed(ILogger logger, Exception trouble);

    [LoggerMessage(7302, LogLevel.Information, "Import {Job} of account {AccountId}: {Rows} rows, {Created} created, {Updated} updated, {Failed} refused")]
    public static partial void Imported(ILogger logger, Guid job, long accountId, long rows, long created, long updated, long failed);

    [LoggerMessage(7303, LogLevel.Warning, "Contact {Contact} of account {AccountId} could not be asked to confirm: {Reason}; next try {Next}")]
    public static partial void InvitationNotSent(ILogger logger, Guid contact, long accountId, string reason, DateTimeOffset? next);

    [LoggerMessage(7304, LogLevel.Error, "Confirmation mails could not be sent; trying again")]
    public static partial void InvitationsFailed(ILogger logger, Exception trouble);
}
