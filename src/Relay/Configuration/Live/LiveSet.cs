using System.Collections;

namespace Relay;

/// <summary>A set that is exchanged as a whole.</summary>
internal sealed class LiveSet<T>(IReadOnlySet<T> first) : IReadOnlySet<T>
{
    private volatile IReadOnlySet<T> _current = first;

    public int Count => _current.Count;

    public void Exchange(IReadOnlySet<T> next) => _current = next;

    public bool Contains(T item) => _current.Contains(item);

    public bool IsProperSubsetOf(IEnumerable<T> other) => _current.IsProperSubsetOf(other);

    public bool IsProperSupersetOf(IEnumerable<T> other) => _current.IsProperSupersetOf(other);

    public bool IsSubsetOf(IEnumerable<T> other) => _current.IsSubsetOf(other);

    public bool IsSupersetOf(IEnumerable<T> other) => _current.IsSupersetOf(other);

    public bool Overlaps(IEnumerable<T> other) => _current.Overlaps(other);

    public bool SetEquals(IEnumerable<T> other) => _current.SetEquals(other);

    public IEnumerator<T> GetEnumerator() => _current.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
