using Microsoft.Extensions.Logging;

namespace Relay.Queue;

/// <summary>Log texts of the queue; event ids 2000–2099, next free: 2007.</summary>
internal static partial class QueueLog
{
    [LoggerMessage(2000, LogLevel.Information, "{QueueId} accepted: {Recipients} recipients, {SizeBytes} octets")]
    public static partial void Accepted(ILogger logger, QueueId queueId, int recipients, long sizeBytes);

    [LoggerMessage(2001, LogLevel.Error, "A message could not be stored and was answered 451: {Reason}")]
    public static partial void NotStored(ILogger logger, Exception trouble, string reason);

    [LoggerMessage(2002, LogLevel.Error, "Event observer {Observer} failed; trying again in {BackOff}")]
    public static partial void ObserverFailed(ILogger logger, Exception trouble, string observer, TimeSpan backOff);

    [LoggerMessage(2003, LogLevel.Error, "Retention could not be applied; old content stays for now")]
    public static partial void RetentionFailed(ILogger logger, Exception trouble);

    [LoggerMessage(2004, LogLevel.Information, "{Count} orphaned content files deleted")]
    public static partial void Swept(ILogger logger, int count);

    [LoggerMessage(2005, LogLevel.Warning, "The queue is {Side} its bound: {Waiting} recipients wait, the bound is {Bound}")]
    public static partial void BoundCrossed(ILogger logger, string side, long waiting, long bound);

    [LoggerMessage(2006, LogLevel.Warning, "How many recipients wait could not be read; the doors stay as they are")]
    public static partial void BoundUnknown(ILogger logger, Exception trouble);
}
