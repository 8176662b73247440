namespace Relay;

/// <summary>Options, or everything that is wrong.</summary>
internal sealed record ConfigurationResult
{
    /// <summary>Null when there are faults.</summary>
    public required RelayOptions? Options { get; init; }

    /// <summary>The data folder as far as the file tells it, whatever else is wrong; null after a syntax error.</summary>
    public required string? Data { get; init; }

    /// <summary>All of them at once, in the order of the settings; empty when the options hold.</summary>
    public required IReadOnlyList<ConfigurationFault> Faults { get; init; }

    /// <summary>Allowed, but probably not meant.</summary>
    public required IReadOnlyList<string> Warnings { get; init; }

    /// <summary>Every setting in force with its origin, secrets redacted; after a syntax error empty.</summary>
    public required IReadOnlyList<EffectiveSetting> Settings { get; init; }

    /// <summary>The file that was read; null when there was none.</summary>
    public required string? File { get; init; }
}
