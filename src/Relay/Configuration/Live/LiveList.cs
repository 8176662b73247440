using System.Collections;

namespace Relay;

/// <summary>A list that is exchanged as a whole.</summary>
internal sealed class LiveList<T>(IReadOnlyList<T> first) : IReadOnlyList<T>
{
    private volatile IReadOnlyList<T> _current = first;

    public int Count => _current.Count;

    public T this[int index] => _current[index];

    public void Exchange(IReadOnlyList<T> next) => _current = next;

    public IEnumerator<T> GetEnumerator() => _current.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
