using System.Text;
using Relay.Tests.Support;

namespace Relay.Tests.Unit;

/// <summary>Loads configurations from texts; files exist only as far as a test names them.</summary>
internal sealed class ConfigurationFixture : IConfigurationFiles
{
    private static readonly string Folder = Path.GetFullPath("/etc/relay");

    private readonly Dictionary<string, byte[]> _files = [];
    private readonly Dictionary<string, string> _environment = [];

    public static string SampleFile => Path.Combine(TestData.Root, "relay.toml");

    /// <summary>Every path exists; for tests that do not concern files.</summary>
    public bool HasEveryFile { get; init; }

    public string MachineName { get; init; } = "host.example.com";

    public static string PathOf(string name) => Path.GetFullPath(name, Folder);

    public ConfigurationFixture WithFile(string name, string content)
    {
        _files[PathOf(name)] = Encoding.UTF8.GetBytes(content);
        return this;
    }

    public ConfigurationFixture WithVariable(string name, string value)
    {
        _environment[name] = value;
        return this;
    }

    /// <summary>Loads relay.toml with this content; null for no file at all.</summary>
    public ConfigurationResult Load(string? text)
    {
        if (text is not null)
        {
            WithFile(ConfigurationInput.DefaultFile, text);
        }

        return ConfigurationLoader.Load(new ConfigurationInput
        {
            File = text is null ? null : ConfigurationInput.DefaultFile,
            WorkingFolder = Folder,
            Environment = _environment,
            Files = this,
            MachineName = MachineName,
        });
    }

    /// <summary>The faults as an operator reads them.</summary>
    public string[] Faults(string? text) => [.. Load(text).Faults.Select(static fault => fault.ToString())];

    public RelayOptions Options(string? text)
    {
        var result = Load(text);
        return result.Options ?? throw new InvalidOperationException(string.Join('\n', result.Faults));
    }

    bool IConfigurationFiles.Exists(string path) => _files.ContainsKey(path) || (HasEveryFile && Path.GetFileName(path) != ConfigurationInput.DefaultFile);

    byte[]? IConfigurationFiles.TryRead(string path, int maxBytes, out string problem)
    {
        problem = "does not exist";
        return _files.TryGetValue(path, out var content) ? content : HasEveryFile ? "content"u8.ToArray() : null;
    }
}
