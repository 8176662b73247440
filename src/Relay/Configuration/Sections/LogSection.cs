namespace Relay;

/// <summary><c>[log]</c></summary>
internal sealed class LogSection
{
    /// <summary>Default information: start, stop, one line for each final outcome.</summary>
    [Setting]
    public LogVerbosity Level { get; init; } = LogVerbosity.Information;

    /// <summary>Default text: people read first, collectors are set up later.</summary>
    [Setting]
    public LogFormat Format { get; init; } = LogFormat.Text;
}

internal enum LogVerbosity
{
    Debug,
    Information,
    Warning,
    Error,
}

internal enum LogFormat
{
    Text,
    Json,
}
