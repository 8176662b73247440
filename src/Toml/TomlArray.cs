using System.Collections;

namespace Relay.Toml;

/// <summary>An array: written in brackets, or gathered from <c>[[name]]</c> headers. Its elements may be of different types.</summary>
public sealed class TomlArray : TomlValue, IReadOnlyList<TomlValue>
{
    private readonly List<TomlValue> _items = [];

    internal TomlArray(TomlPosition position, bool isOpen = false)
        : base(position) => IsOpen = isOpen;

    public int Count => _items.Count;

    public override string Kind => "an array";

    /// <summary>Made by <c>[[name]]</c>, so that another such header appends to it; an array in brackets is complete at once.</summary>
    internal bool IsOpen { get; }

    public TomlValue this[int index] => _items[index];

    public IEnumerator<TomlValue> GetEnumerator() => _items.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal void Add(TomlValue item) => _items.Add(item);
}
