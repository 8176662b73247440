using System.Diagnostics.CodeAnalysis;

namespace Relay.Toml;

/// <summary>One key of a table with its value.</summary>
/// <param name="KeyPosition">First character of the key where it was first written.</param>
public sealed record TomlEntry(string Key, TomlPosition KeyPosition, TomlValue Value);

/// <summary>A table; its entries stand in the order of the document, keys are compared exactly.</summary>
public sealed class TomlTable : TomlValue
{
    private readonly List<TomlEntry> _entries = [];
    private readonly Dictionary<string, TomlEntry> _byKey = new(StringComparer.Ordinal);

    internal TomlTable(TomlPosition position, TomlTableOrigin origin, int depth)
        : base(position)
    {
        Origin = origin;
        Depth = depth;
    }

    public IReadOnlyList<TomlEntry> Entries => _entries;

    public override string Kind => "a table";

    internal TomlTableOrigin Origin { get; set; }

    /// <summary>How many tables and arrays stand around this one.</summary>
    internal int Depth { get; }

    public bool TryGet(string key, [NotNullWhen(true)] out TomlEntry? entry) => _byKey.TryGetValue(key, out entry);

    internal void Add(string key, TomlPosition keyPosition, TomlValue value)
    {
        var entry = new TomlEntry(key, keyPosition, value);
        _byKey.Add(key, entry);
        _entries.Add(entry);
    }
}

/// <summary>What made a table; it decides who may still add to it.</summary>
internal enum TomlTableOrigin
{
    /// <summary>Named on the way to another header (<c>[a.b]</c> makes <c>a</c>): its own header may follow once.</summary>
    Implied,

    /// <summary>Opened by its own header, or the document itself: no second header.</summary>
    Header,

    /// <summary>Made by a dotted key: further dotted keys add to it, a header does not reopen it.</summary>
    DottedKey,

    /// <summary>Written in braces: complete at once.</summary>
    Inline,
}
