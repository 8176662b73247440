using Microsoft.Extensions.Logging;

namespace Relay.Platform.Domains;

/// <summary>Log texts of domains and quotas: event ids 8100 to 8199.</summary>
internal static partial class PlatformDomainsLog
{
    [LoggerMessage(8100, LogLevel.Information, "Domain {Domain} of account {Account} is now {Status} {Reason}")]
    public static partial void StatusChanged(ILogger logger, string domain, long account, DomainStatus status, string reason);

    [LoggerMessage(8101, LogLevel.Warning, "Domains could not be checked; tried again in a moment")]
    public static partial void CheckFailed(ILogger logger, Exception exception);

    [LoggerMessage(8102, LogLevel.Warning, "Counts of e-mails could not be written; they are kept for the next try")]
    public static partial void CountsNotWritten(ILogger logger, Exception exception);

    // Next free id: 8104.
}
