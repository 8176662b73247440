using System.Collections.Concurrent;

namespace Relay.Storage;

/// <summary>Names and places of content files: <c>spool/tmp</c> while they grow, <c>spool/ab/ab…</c> when they are whole.</summary>
internal sealed class SpoolFolder
{
    private const int NameLength = 32;

    private readonly string _root;
    private readonly ConcurrentDictionary<string, bool> _growing = new(StringComparer.Ordinal);

    public SpoolFolder(string dataFolder, FileSync sync)
    {
        _root = Path.Combine(dataFolder, "spool");
        Temporary = Path.Combine(_root, "tmp");
        Directory.CreateDirectory(Temporary);
        for (var i = 0; i < 256; i++)
        {
            Directory.CreateDirectory(Path.Combine(_root, i.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)));
        }

        // The folders themselves must survive, or a synced file would hang in the air.
        sync.SyncFolder(_root);
        sync.SyncFolder(dataFolder);
    }

    public string Temporary { get; }

    /// <summary>A new name, its file counted as growing until <see cref="Release"/>.</summary>
    public string NewName()
    {
        var name = Guid.NewGuid().ToString("N");
        _growing[name] = true;
        return name;
    }

    public void Release(string name) => _growing.TryRemove(name, out _);

    public string TemporaryPath(string name) => Path.Combine(Temporary, name);

    public string FinalFolder(string name) => Path.Combine(_root, name[..2]);

    /// <exception cref="ArgumentException">The name is none of ours; nothing outside the spool can be named.</exception>
    public string FinalPath(string name)
    {
        if (!IsName(name))
        {
            throw new ArgumentException("This is no name of a spool file.", nameof(name));
        }

        return Path.Combine(FinalFolder(name), name);
    }

    /// <summary>Files in tmp that nobody is writing.</summary>
    public IEnumerable<string> AbandonedTemporaryFiles() =>
        Directory.EnumerateFiles(Temporary).Where(path => !_growing.ContainsKey(Path.GetFileName(path)));

    public IEnumerable<string> ContentFiles() =>
        Directory.EnumerateDirectories(_root)
            .Where(folder => folder != Temporary)
            .SelectMany(Directory.EnumerateFiles)
            .Where(path => IsName(Path.GetFileName(path)));

    private static bool IsName(string name) => name.Length == NameLength && name.All(char.IsAsciiHexDigitLower);
}
