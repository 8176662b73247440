using Microsoft.Extensions.Logging;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Log texts of delivery. Next free ids: 4021; of TLS policies 4033; of shaping 4046; of the hand-off journal 4052.</summary>
internal static partial class DeliveryLog
{
    [LoggerMessage(4000, LogLevel.Information, "{MessageId} {State} for {Domain}: {Status} at {Site} by {Host} after {Attempts} attempts")]
    public static partial void RecipientFinal(
        ILogger logger, QueueId messageId, string domain, RecipientState state, EnhancedStatusCode status, string site, string? host, int attempts);

    [LoggerMessage(4001, LogLevel.Debug, "{MessageId} deferred for {Domain}: {Status} {Class}, next attempt {NextAttempt}")]
    public static partial void RecipientDeferred(
        ILogger logger, QueueId messageId, string domain, EnhancedStatusCode status, string? @class, DateTimeOffset? nextAttempt);

    [LoggerMessage(4002, LogLevel.Error, "Signing for {Domain} failed; {MessageId} waits. Check the domain's DKIM keys")]
    public static partial void SigningFailed(ILogger logger, string domain, QueueId messageId, Exception exception);

    [LoggerMessage(4003, LogLevel.Warning, "The outcome of {MessageId} could not be stored; trying again")]
    public static partial void SettleFailed(ILogger logger, QueueId messageId, Exception exception);

    [LoggerMessage(4004, LogLevel.Warning, "The lease of {MessageId} was stale: {Recipients} outcomes were not recorded and will be repeated")]
    public static partial void StaleSettle(ILogger logger, QueueId messageId, int recipients);

    [LoggerMessage(4005, LogLevel.Warning, "The report about {MessageId} was refused by our own intake: {Reply}")]
    public static partial void ReportRefused(ILogger logger, QueueId messageId, string reply);

    [LoggerMessage(4006, LogLevel.Error, "No report about {MessageId} can be made: its content cannot be read")]
    public static partial void ReportImpossible(ILogger logger, QueueId messageId, Exception exception);

    [LoggerMessage(4007, LogLevel.Warning, """
        Connections to three unrelated mail hosts on port {Port} timed out and none has succeeded: the port is probably blocked by the provider. Ask for it to be opened, or deliver through a smarthost:
        [route."*"]
        smarthost = "smtp.example.com:587"
        username  = "NAME"
        password  = "SECRET"
        """)]
    public static partial void PortBlocked(ILogger logger, int port);

    [LoggerMessage(4008, LogLevel.Error, "A background task of delivery failed")]
    public static partial void BackgroundTaskFailed(ILogger logger, Exception exception);

    [LoggerMessage(4009, LogLevel.Error, "An attempt for {MessageId} failed unexpectedly; its recipients are deferred")]
    public static partial void AttemptFailed(ILogger logger, QueueId messageId, Exception exception);

    [LoggerMessage(4010, LogLevel.Warning, "{Path} is suspended until {Until}: {Reason}")]
    public static partial void Suspended(ILogger logger, PathKey path, DateTimeOffset until, string reason);

    [LoggerMessage(4011, LogLevel.Error, "Due mail could not be leased; trying again")]
    public static partial void LeaseFailed(ILogger logger, Exception exception);

    [LoggerMessage(4062, LogLevel.Error, "A loop of delivery failed; it begins anew")]
    public static partial void LoopFailed(ILogger logger, Exception exception);

    [LoggerMessage(4012, LogLevel.Information, "Delivery started: {WindowTasks} tasks and {MaxConnections} connections at most")]
    public static partial void Started(ILogger logger, int windowTasks, int maxConnections);

    [LoggerMessage(4013, LogLevel.Information, "Delivery stops: {Running} attempts in flight have {Grace} to finish")]
    public static partial void Stopping(ILogger logger, int running, TimeSpan grace);

    [LoggerMessage(4014, LogLevel.Warning, "The grace period is over: {Running} attempts are cut")]
    public static partial void Cut(ILogger logger, int running);

    [LoggerMessage(4015, LogLevel.Warning, "Leased mail could not be given back; it is released at the next start")]
    public static partial void ReturnFailed(ILogger logger, Exception exception);

    [LoggerMessage(4016, LogLevel.Error, "Routing {QueueKey} failed unexpectedly")]
    public static partial void RoutingFailed(ILogger logger, string queueKey, Exception exception);

    [LoggerMessage(4030, LogLevel.Warning, "The MTA-STS policy of {Domain} could not be fetched: {Reason}")]
    public static partial void MtaStsNotFetched(ILogger logger, string domain, string reason);

    [LoggerMessage(4031, LogLevel.Error, "The MTA-STS policy of {Domain} could not be read or kept on disk")]
    public static partial void MtaStsStoreFailed(ILogger logger, string domain, Exception exception);

    [LoggerMessage(4045, LogLevel.Warning, "The counts of long limits could not be written; mail that has such limits waits until they can be")]
    public static partial void BudgetsNotSaved(ILogger logger, Exception exception);

    [LoggerMessage(4017, LogLevel.Warning, "More than {Rate} reports: this failure is recorded, but its sender gets no report ([bounce] rate)")]
    public static partial void ReportsLimited(ILogger logger, string rate);

    [LoggerMessage(4018, LogLevel.Warning, "Egress source {Source} rests: {Reason}")]
    public static partial void SourceRests(ILogger logger, string source, string reason);

    [LoggerMessage(4019, LogLevel.Information, "Egress source {Source} is used again")]
    public static partial void SourceReady(ILogger logger, string source);

    [LoggerMessage(4020, LogLevel.Warning, "Egress source {Source}: {Address} {Problem}")]
    public static partial void ReverseNameWrong(ILogger logger, string source, string address, string problem);

    [LoggerMessage(4040, LogLevel.Information, "Shaping: {Act} for {Site} from {Source} by {Rule} until {Until:u}: {Reason}")]
    public static partial void ShapingDecided(ILogger logger, ShapingAct act, string site, string source, string rule, DateTimeOffset until, string reason);

    [LoggerMessage(4041, LogLevel.Information, "Shaping: {Count} decisions of earlier runs are in force")]
    public static partial void ShapingResumed(ILogger logger, int count);

    [LoggerMessage(4042, LogLevel.Error, "Decisions of shaping could not be read or kept; they hold as long as the process runs")]
    public static partial void ShapingStoreFailed(ILogger logger, Exception exception);

    [LoggerMessage(4050, LogLevel.Warning, "The last process ended in the middle of handing over: {Sent} recipients are known as sent, of {Unknown} it is unknown")]
    public static partial void HandoffsRecovered(ILogger logger, int sent, int unknown);

    [LoggerMessage(4051, LogLevel.Warning, "{MessageId} goes out without a note in the hand-off journal, which cannot be written")]
    public static partial void HandoffNotNoted(ILogger logger, QueueId messageId);

    [LoggerMessage(4043, LogLevel.Information, "{Path} answers again: {Recipients} deferred recipients are due")]
    public static partial void SiteReturned(ILogger logger, PathKey path, int recipients);

    [LoggerMessage(4044, LogLevel.Error, "The probe of {Path} failed unexpectedly")]
    public static partial void ProbeFailed(ILogger logger, PathKey path, Exception exception);

    [LoggerMessage(4046, LogLevel.Warning, "Which mail waits for sites that do not answer could not be read or kept; after a restart it comes by its schedule")]
    public static partial void DownPathsNotKept(ILogger logger, Exception exception);

    [LoggerMessage(4032, LogLevel.Warning, "Counts of TLS sessions could not be stored; they are kept for the next time")]
    public static partial void TlsSessionsNotStored(ILogger logger, Exception exception);

    [LoggerMessage(4061, LogLevel.Error, "Brake {Id}: mail of {Party} is kept back ({Rule}: {Reason}); 'relay brake release {Id}' lets it go")]
    public static partial void Braked(ILogger logger, long id, string party, string rule, string reason);

    [LoggerMessage(4060, LogLevel.Information, "A report is kept for operators: {Reason}")]
    public static partial void ReportKept(ILogger logger, string reason);
}
