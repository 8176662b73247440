using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Relay;

/// <summary>Where log lines go: one line each on standard error, in the journal's form under systemd, or as JSON.</summary>
internal static class LogSetup
{
    public static void Apply(ILoggingBuilder logging, LogSection options, bool isServing)
    {
        logging.ClearProviders();
        if (!isServing)
        {
            return;
        }

        logging.SetMinimumLevel(Level(options.Level));
        // The web framework's own lines tell nothing about mail.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddConsole(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;
            console.FormatterName = options.Format == LogFormat.Json ? ConsoleFormatterNames.Json
                : Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 } ? ConsoleFormatterNames.Systemd
                : ConsoleFormatterNames.Simple;
        });
        logging.AddSimpleConsole(simple =>
        {
            simple.SingleLine = true;
            simple.TimestampFormat = "HH:mm:ss ";
        });
    }

    private static LogLevel Level(LogVerbosity verbosity) => verbosity switch
    {
        LogVerbosity.Debug => LogLevel.Debug,
        LogVerbosity.Warning => LogLevel.Warning,
        LogVerbosity.Error => LogLevel.Error,
        _ => LogLevel.Information,
    };
}
