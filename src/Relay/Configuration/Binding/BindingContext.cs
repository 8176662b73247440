using Relay.Toml;

namespace Relay;

/// <summary>What one reading of the configuration gathers: faults, warnings, and every setting with its origin.</summary>
internal sealed class BindingContext(
    ConfigurationInput input, string fileName, string baseFolder, List<ConfigurationFault>? faults = null, List<string>? warnings = null)
{
    private readonly List<ConfigurationFault> _faults = faults ?? [];
    private readonly List<string> _warnings = warnings ?? [];
    private readonly List<EffectiveSetting> _settings = [];
    private readonly Dictionary<string, SettingOrigin> _origins = [];
    private readonly Dictionary<string, string> _variables = new() { ["machine"] = input.MachineName };

    public IReadOnlyList<ConfigurationFault> Faults => _faults;

    public IReadOnlyList<string> Warnings => _warnings;

    public IReadOnlyList<EffectiveSetting> Settings => _settings;

    public IConfigurationFiles Files => input.Files;

    public static string Join(string path, string key) => path.Length == 0 ? TomlText.Key(key) : path + "." + TomlText.Key(key);

    public static SettingOrigin OriginOf(EnvironmentNode node) => new(OriginKind.Environment, "environment " + node.Variable);

    public SettingOrigin OriginAt(TomlPosition position) => new(OriginKind.File, $"{fileName}:{position.Line}");

    public void Record(string keyPath, string shown, SettingOrigin origin)
    {
        _settings.Add(new EffectiveSetting(keyPath, shown, origin));
        _origins[keyPath] = origin;
    }

    /// <summary>Remembers where a table stands, for faults about its keys as a whole.</summary>
    public void RecordTable(string keyPath, SettingOrigin origin) => _origins[keyPath] = origin;

    public void Fault(SettingOrigin origin, string keyPath, string problem, string allowed) =>
        _faults.Add(new ConfigurationFault(origin.Kind == OriginKind.Default ? fileName : origin.Text, keyPath, problem, allowed));

    /// <summary>A fault at the place where a key, or else its table, was given.</summary>
    public void Fault(string keyPath, string problem, string allowed) => Fault(NearestOrigin(keyPath), keyPath, problem, allowed);

    public void Warn(string keyPath, string text) => _warnings.Add($"{NearestOrigin(keyPath).Text}: {keyPath}: {text}");

    /// <summary>Makes a value known to default texts as <c>{name}</c>.</summary>
    public void SetVariable(string name, string value) => _variables[name] = value;

    public string Expand(string template)
    {
        foreach (var (name, value) in _variables)
        {
            template = template.Replace("{" + name + "}", value, StringComparison.Ordinal);
        }

        return template;
    }

    /// <summary>For a further file that the configuration names: its places carry its name, its faults and warnings join ours, its settings do not.</summary>
    public BindingContext ForFile(string name) => new(input, name, baseFolder, _faults, _warnings);

    public string FullPath(string path) => Path.GetFullPath(path, baseFolder);

    private SettingOrigin NearestOrigin(string keyPath)
    {
        var nearest = _origins.Keys
            .Where(known => keyPath == known || keyPath.StartsWith(known + ".", StringComparison.Ordinal) || keyPath.StartsWith(known + "[", StringComparison.Ordinal))
            .Where(known => _origins[known].Kind != OriginKind.Default)
            .MaxBy(static known => known.Length);
        return nearest is null ? SettingOrigin.Default : _origins[nearest];
    }
}
