using Microsoft.Extensions.Logging;

namespace Relay.Platform.Tracking;

/// <summary>Log texts of tracking, analytics and jobs; event ids 7100–7199, next free: 7106.</summary>
internal static partial class TrackingLog
{
    [LoggerMessage(7100, LogLevel.Warning, "{Count} opens and clicks could not be stored yet; trying again")]
    public static partial void NotRecorded(ILogger logger, Exception trouble, int count);

    [LoggerMessage(7101, LogLevel.Error, "Old counts and jobs could not be deleted; trying again later")]
    public static partial void UpkeepFailed(ILogger logger, Exception trouble);

    [LoggerMessage(7102, LogLevel.Error, "Job {Job} ({Kind}) failed")]
    public static partial void JobFailed(ILogger logger, Exception trouble, Guid job, string kind);

    [LoggerMessage(7103, LogLevel.Error, "The jobs could not be looked at; trying again later")]
    public static partial void JobsFailed(ILogger logger, Exception trouble);

    [LoggerMessage(7104, LogLevel.Information, "Job {Job} ({Kind}) finished: {Status}")]
    public static partial void JobFinished(ILogger logger, Guid job, string kind, string status);

    [LoggerMessage(7105, LogLevel.Error, "A request at the public listener failed")]
    public static partial void PublicFailed(ILogger logger, Exception trouble);
}
