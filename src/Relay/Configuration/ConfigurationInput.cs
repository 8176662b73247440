using System.Collections;
using System.Net.NetworkInformation;
using Relay.Mail;

namespace Relay;

/// <summary>Everything the configuration is made of.</summary>
internal sealed record ConfigurationInput
{
    public const string DefaultFile = "relay.toml";

    /// <summary>Path as given by <c>--config</c>; null takes <see cref="DefaultFile"/> of the working folder if it is there.</summary>
    public string? File { get; init; }

    /// <summary>What places in the file are named after, where its text is not what is on disk; null: the file.</summary>
    public string? ShownAs { get; init; }

    /// <summary>Relative paths of the command line, and of a configuration without file, start here.</summary>
    public required string WorkingFolder { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required IConfigurationFiles Files { get; init; }

    /// <summary>What the machine calls itself; a valid host name, fully qualified where the system knows its domain.</summary>
    public required string MachineName { get; init; }

    public static ConfigurationInput OfProcess(string? file) => new()
    {
        File = file,
        WorkingFolder = Directory.GetCurrentDirectory(),
        Environment = System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(static pair => (string)pair.Key, static pair => (string?)pair.Value ?? string.Empty),
        Files = new DiskFiles(),
        MachineName = NameOfMachine(),
    };

    private static string NameOfMachine()
    {
        var network = IPGlobalProperties.GetIPGlobalProperties();
        var qualified = network.HostName + "." + network.DomainName;
        return DomainName.TryParse(qualified, out var name) || DomainName.TryParse(network.HostName, out name) ? name.Ascii : "localhost";
    }
}
