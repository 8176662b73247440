using System.Text;
using Microsoft.Extensions.Logging;
using Relay.Admin;
using Relay.Delivery;
using Relay.Senders;

namespace Relay;

/// <summary>Reads the configuration again while the server runs.</summary>
/// <remarks>
/// 1. Read and check the whole file; with any fault the one in force stays. 2. Compare every setting. 3. Exchange what is live, at once; forget
/// remembered routes, renew the limits of paths in use; read certificates and signing keys again. 4. Keep the text as a revision, note it in the audit trail.
/// </remarks>
internal sealed class ConfigurationControl : IConfigurationControl, IDisposable
{
    private readonly LiveParts _live;
    private readonly IDeliveryReload _delivery;
    private readonly CertificateStore? _certificates;
    private readonly DkimKeys _keys;
    private readonly IAuditStore _audit;
    private readonly TimeProvider _time;
    private readonly ILogger<ConfigurationControl> _log;
    private readonly ConfigurationHistory _history;
    private readonly SemaphoreSlim _one = new(1);
    private volatile LoadedConfiguration _current;
    private volatile string _text;
    private volatile string? _refusal;

    public ConfigurationControl(
        LoadedConfiguration first,
        LiveParts live,
        IDeliveryReload delivery,
        DkimKeys keys,
        IAuditStore audit,
        TimeProvider time,
        ILogger<ConfigurationControl> log,
        CertificateStore? certificates = null)
    {
        _current = first;
        _live = live;
        _delivery = delivery;
        _certificates = certificates;
        _keys = keys;
        _audit = audit;
        _time = time;
        _log = log;
        _history = new ConfigurationHistory(first.Options.Data, time);
        _text = ReadText(first.File) ?? string.Empty;
    }

    /// <summary>Warnings and settings of what is in force.</summary>
    public LoadedConfiguration Current => _current;

    public string? File => _current.File is { } file ? Path.GetFullPath(file) : null;

    public string Version => ConfigurationHistory.VersionOf(_text);

    public string? Refusal => _refusal;

    /// <summary>The file says what is in force.</summary>
    public bool IsTaken => _refusal is null && ReadText(_current.File) is { } text && text == _text;

    /// <summary>Keeps the configuration of the start as a revision.</summary>
    public void Remember() => _history.Add(_text, "start");

    public ConfigurationCheck Check(string? candidate, string? name) => candidate is not null
        ? Compare(Load(candidate, name ?? "candidate"))
        : ReadText(_current.File) is { } text ? Compare(Load(text, _current.File)) : Unreadable();

    public async Task<ConfigurationCheck> ReloadAsync(AuditActor actor, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (ReadText(_current.File) is not { } text)
            {
                return Refuse(Unreadable());
            }

            var result = Load(text, _current.File);
            var check = Compare(result);
            if (!check.Valid)
            {
                return Refuse(check);
            }

            _certificates?.Reload();
            await _keys.ReloadAsync(cancellationToken);
            _live.Apply(result.Options!, ChangesEgress(check.Changes));
            _delivery.Renew();
            Take(result, text, check);
            _refusal = null;
            _history.Add(text, actor.Name);
            RelayLog.ConfigurationReloaded(_log, check.Changes.Count(change => !change.NeedsRestart), check.Changes.Count(change => change.NeedsRestart));
            await _audit.AppendAsync(actor, _time, "configuration.reload", $"{check.Changes.Count} settings", cancellationToken);
            return check;
        }
        finally
        {
            _one.Release();
        }
    }

    public IReadOnlyList<ConfigurationRevision> History() => _history.List();

    public ConfigurationCheck? Compare(int revision) => _history.TextOf(revision) is { } text ? Compare(Load(text, NameOf(revision))) : null;

    public async Task<ConfigurationCheck?> RollBackAsync(int revision, AuditActor actor, CancellationToken cancellationToken)
    {
        if (_history.TextOf(revision) is not { } text || File is not { } file)
        {
            return null;
        }

        if (Compare(Load(text, NameOf(revision))) is { Valid: false } faulty)
        {
            return faulty;
        }

        // In place, so that owner and permissions stay as the operator set them.
        await System.IO.File.WriteAllTextAsync(file, text, cancellationToken);
        await _audit.AppendAsync(actor, _time, "configuration.restore", $"revision {revision}", cancellationToken);
        return await ReloadAsync(actor, cancellationToken);
    }

    public void Dispose() => _one.Dispose();

    // What needs a restart is not in force: it shows as a difference until then.
    private void Take(ConfigurationResult result, string text, ConfigurationCheck check)
    {
        var waiting = check.Changes.Where(change => change.NeedsRestart).Select(change => change.Key).ToHashSet(StringComparer.Ordinal);
        _current = _current with
        {
            Warnings = result.Warnings,
            Settings =
            [
                .. result.Settings.Where(setting => !waiting.Contains(setting.KeyPath)),
                .. _current.Settings.Where(setting => waiting.Contains(setting.KeyPath)),
            ],
        };
        _text = text;
    }

    private ConfigurationCheck Refuse(ConfigurationCheck check)
    {
        _refusal = string.Join("; ", check.Faults);
        RelayLog.ConfigurationRefused(_log, _refusal);
        return check;
    }

    // A file that is gone is no wish for the defaults.
    private ConfigurationCheck Unreadable() => new(false, [$"{File} cannot be read: it was there at the start"], [], []);

    private ConfigurationCheck Compare(ConfigurationResult result)
    {
        if (result.Options is null)
        {
            return new ConfigurationCheck(false, [.. result.Faults.Select(fault => fault.ToString())], result.Warnings, []);
        }

        var now = _current.Settings.ToDictionary(setting => setting.KeyPath, setting => setting.Value, StringComparer.Ordinal);
        var then = result.Settings.ToDictionary(setting => setting.KeyPath, setting => setting.Value, StringComparer.Ordinal);
        var keys = now.Keys.Union(then.Keys).Where(key => now.GetValueOrDefault(key) != then.GetValueOrDefault(key)).Order(StringComparer.Ordinal).ToList();
        LeaveOutDefaults(keys, now, then, [.. _current.Settings.Concat(result.Settings).Where(setting => setting.Origin.Kind != OriginKind.Default).Select(setting => setting.KeyPath)]);
        var egressChanges = keys.Exists(IsEgress);
        return new ConfigurationCheck(
            true,
            [],
            result.Warnings,
            [.. keys.Select(key => new SettingChange(key, now.GetValueOrDefault(key), then.GetValueOrDefault(key), !LiveParts.IsLive(key, egressChanges)))]);
    }

    // A table that came or went is told by what it says, not by what it leaves as it is anyway.
    private static void LeaveOutDefaults(List<string> keys, Dictionary<string, string> now, Dictionary<string, string> then, HashSet<string> stated)
    {
        var told = keys.Where(stated.Contains).Select(TableOf).ToHashSet(StringComparer.Ordinal);
        keys.RemoveAll(key => now.ContainsKey(key) != then.ContainsKey(key) && !stated.Contains(key) && told.Contains(TableOf(key)));
    }

    private static string TableOf(string key) => key[..Math.Max(0, key.LastIndexOf('.'))];

    private static bool ChangesEgress(IReadOnlyList<SettingChange> changes) => changes.Any(change => IsEgress(change.Key));

    private static bool IsEgress(string key) => key.StartsWith("egress.", StringComparison.Ordinal);

    private static string NameOf(int revision) => $"configuration {revision}";

    /// <summary>The text in the place of the file, whose folder relative paths start from.</summary>
    private ConfigurationResult Load(string text, string? name)
    {
        var input = ConfigurationInput.OfProcess(_current.File);
        var path = File ?? Path.GetFullPath(ConfigurationInput.DefaultFile, input.WorkingFolder);
        return ConfigurationLoader.Load(input with { ShownAs = name, Files = new CandidateFiles(input.Files, path, text) });
    }

    /// <summary>Empty for the built-in defaults; null when the file cannot be read.</summary>
    private static string? ReadText(string? file)
    {
        try
        {
            return file is null ? string.Empty : System.IO.File.ReadAllText(file);
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>The files as they are, but for the one a candidate stands in for.</summary>
    private sealed class CandidateFiles(IConfigurationFiles files, string path, string text) : IConfigurationFiles
    {
        public bool Exists(string other) => other == path || files.Exists(other);

        public byte[]? TryRead(string other, int maxBytes, out string problem)
        {
            if (other != path)
            {
                return files.TryRead(other, maxBytes, out problem);
            }

            var bytes = Encoding.UTF8.GetBytes(text);
            problem = bytes.Length > maxBytes ? $"is longer than {maxBytes} bytes" : string.Empty;
            return bytes.Length > maxBytes ? null : bytes;
        }
    }
}
