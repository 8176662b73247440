using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Relay.Admin;

namespace Relay;

/// <summary>Texts of configurations that were in force, in <c>data/configurations</c>, readable by the service user only.</summary>
internal sealed class ConfigurationHistory(string dataFolder, TimeProvider time)
{
    private const int Kept = 50;

    private readonly string _folder = Path.Combine(dataFolder, "configurations");

    public static string VersionOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..16];

    /// <summary>Newest first; what cannot be read is left out.</summary>
    public IReadOnlyList<ConfigurationRevision> List() =>
        Directory.Exists(_folder)
            ? [.. Directory.EnumerateFiles(_folder, "*.json").Select(Read).OfType<ConfigurationRevision>().OrderByDescending(revision => revision.Number)]
            : [];

    /// <summary>Null when there is no such revision.</summary>
    public string? TextOf(int number) => File.Exists(PathOf(number, "toml")) ? File.ReadAllText(PathOf(number, "toml")) : null;

    /// <summary>Adds a revision unless the newest is the same.</summary>
    public void Add(string text, string actor)
    {
        var all = List();
        var version = VersionOf(text);
        if (all is [var newest, ..] && newest.Version == version)
        {
            return;
        }

        Directory.CreateDirectory(_folder);
        var revision = new ConfigurationRevision(all.Count == 0 ? 1 : all[0].Number + 1, time.GetUtcNow(), actor, version);
        PrivateFile.Write(PathOf(revision.Number, "toml"), text);
        PrivateFile.Write(PathOf(revision.Number, "json"), JsonSerializer.Serialize(revision));
        foreach (var old in all.Skip(Kept - 1))
        {
            File.Delete(PathOf(old.Number, "toml"));
            File.Delete(PathOf(old.Number, "json"));
        }
    }

    private static ConfigurationRevision? Read(string path)
    {
        try
        {
            return JsonSerializer.Deserialize<ConfigurationRevision>(File.ReadAllText(path));
        }
        catch (Exception trouble) when (trouble is JsonException or IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private string PathOf(int number, string ending) =>
        Path.Combine(_folder, number.ToString("000000", System.Globalization.CultureInfo.InvariantCulture) + "." + ending);
}
