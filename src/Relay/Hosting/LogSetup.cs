using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Relay;

/// <summary>Where log lines go: one line each on standard error, in the journal's form under systemd, or as JSON.</summary>
internal static class LogSetup
{
    /// <param name="level">Asked for each line; null: as configured.</param>
    public static void Apply(ILoggingBuilder logging, LogSection options, bool isServing, Func<LogVerbosity>? level = null)
    {
        logging.ClearProviders();
        if (!isServing)
        {
            return;
        }

        logging.SetMinimumLevel(LogLevel.Debug);
        logging.AddFilter((_, line) => line >= Level(level?.Invoke() ?? options.Level));
        // The web framework's own lines tell nothing about mail.
        logging.AddFilter("Microsoft", LogLevel.Warning);
        AddFormatters(logging);
        var form = FormOf(options.Format);
        logging.Services.AddSingleton<ILoggerProvider>(services => new LineLoggerProvider(
            services.GetServices<ConsoleFormatter>().First(formatter => formatter.Name == form),
            new LogLines(Console.OpenStandardError(), TimeProvider.System)));
    }

    private static void AddFormatters(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(simple =>
        {
            simple.SingleLine = true;
            simple.TimestampFormat = "HH:mm:ss ";
            simple.ColorBehavior = OperatingSystem.IsWindows() ? LoggerColorBehavior.Disabled : LoggerColorBehavior.Default;
        });

        // Only the forms are wanted, not the provider that writes line by line.
        logging.ClearProviders();
    }

    private static string FormOf(LogFormat format) =>
        format == LogFormat.Json ? ConsoleFormatterNames.Json
        : Environment.GetEnvironmentVariable("JOURNAL_STREAM") is { Length: > 0 } ? ConsoleFormatterNames.Systemd
        : ConsoleFormatterNames.Simple;

    private static LogLevel Level(LogVerbosity verbosity) => verbosity switch
    {
        LogVerbosity.Debug => LogLevel.Debug,
        LogVerbosity.Warning => LogLevel.Warning,
        LogVerbosity.Error => LogLevel.Error,
        _ => LogLevel.Information,
    };
}
