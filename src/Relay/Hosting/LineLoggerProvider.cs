using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace Relay;

/// <summary>The console's forms of log lines, written by <see cref="LogLines"/> instead of one write and one change of thread for each.</summary>
internal sealed class LineLoggerProvider(ConsoleFormatter formatter, LogLines lines) : ILoggerProvider
{
    public ILogger CreateLogger(string categoryName) => new LineLogger(categoryName, formatter, lines);

    public void Dispose() => lines.Dispose();

    private sealed class LineLogger(string category, ConsoleFormatter formatter, LogLines lines) : ILogger
    {
        [ThreadStatic]
        private static StringWriter? _text;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> format)
        {
            // Taken out while in use: a value that logs while it is formatted gets a writer of its own.
            var text = _text ?? new StringWriter();
            _text = null;
            formatter.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, format), scopeProvider: null, text);
            var line = text.ToString();
            text.GetStringBuilder().Clear();
            _text = text;
            if (line.Length > 0)
            {
                lines.Add(line, isUrgent: logLevel >= LogLevel.Warning);
            }
        }
    }
}
