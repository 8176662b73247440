using Microsoft.Extensions.Logging;

namespace Relay.Admin;

/// <summary>Log texts of the admin interface; event ids 6500–6599, next free: 6505.</summary>
internal static partial class AdminLog
{
    [LoggerMessage(6500, LogLevel.Warning, "Alert {Name}: {Text}")]
    public static partial void AlertRaised(ILogger logger, string name, string text);

    [LoggerMessage(6501, LogLevel.Information, "Alert {Name} is over")]
    public static partial void AlertEnded(ILogger logger, string name);

    [LoggerMessage(6502, LogLevel.Warning, "An alert could not be sent: {Why}")]
    public static partial void AlertNotSent(ILogger logger, string why, Exception? trouble);

    [LoggerMessage(6503, LogLevel.Warning, "Alert conditions could not be looked at")]
    public static partial void AlertsFailed(ILogger logger, Exception trouble);

    [LoggerMessage(6504, LogLevel.Warning, "The mail of the day before the start could not be counted; rates and charts begin with the start")]
    public static partial void TrafficNotRecalled(ILogger logger, Exception trouble);
}
