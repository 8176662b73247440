namespace Relay;

/// <summary>Finds and reads the configuration a command is to work with.</summary>
internal static class CommandConfiguration
{
    public static RelayOptions Load(CommandContext context) => LoadWithOrigin(context).Options;

    /// <exception cref="OperatorException">The file is missing or has faults; the message lists all of them.</exception>
    public static LoadedConfiguration LoadWithOrigin(CommandContext context) => Accept(Read(context));

    /// <summary>The configuration, with its faults where there are some.</summary>
    public static ConfigurationResult Read(CommandContext context) => ConfigurationLoader.Load(ConfigurationInput.OfProcess(context.ConfigFile));

    /// <exception cref="OperatorException">It has faults; the message lists all of them.</exception>
    public static LoadedConfiguration Accept(ConfigurationResult result) =>
        result.Options is { } options
            ? new LoadedConfiguration(options, result.Warnings, result.Settings, result.File)
            : throw new OperatorException(
                "the configuration has faults:\n" + string.Join('\n', result.Faults.Select(fault => "  " + fault)), ExitCodes.Configuration);
}

/// <summary>A configuration without faults, and where it came from.</summary>
/// <param name="File">Null for the built-in defaults.</param>
internal sealed record LoadedConfiguration(
    RelayOptions Options, IReadOnlyList<string> Warnings, IReadOnlyList<EffectiveSetting> Settings, string? File);
