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

    /// <summary>File for delivery events, one line of JSON each. Default none: the history has them, a file is for collectors.</summary>
    [Setting(IsPath = true, Shown = "none")]
    public string? EventFile { get; init; }

    /// <summary>At this size the file is moved aside. Default 64MiB.</summary>
    [Setting(Min = "64KiB", Max = "16GiB")]
    public ByteSize EventFileSize { get; init; } = new(64 * 1024 * 1024);

    /// <summary>Event files kept, the one being written included. Default 10.</summary>
    [Setting(Min = "1", Max = "1000")]
    public int EventFiles { get; init; } = 10;
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
