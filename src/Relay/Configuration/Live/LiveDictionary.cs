using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Relay;

/// <summary>A dictionary that is exchanged as a whole; who reads sees the old or the new one, never a mixture of both.</summary>
internal sealed class LiveDictionary<TKey, TValue>(IReadOnlyDictionary<TKey, TValue> first) : IReadOnlyDictionary<TKey, TValue>
    where TKey : notnull
{
    private volatile IReadOnlyDictionary<TKey, TValue> _current = first;

    public int Count => _current.Count;

    public IEnumerable<TKey> Keys => _current.Keys;

    public IEnumerable<TValue> Values => _current.Values;

    public TValue this[TKey key] => _current[key];

    public void Exchange(IReadOnlyDictionary<TKey, TValue> next) => _current = next;

    public bool ContainsKey(TKey key) => _current.ContainsKey(key);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value) => _current.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<TKey, TValue>> GetEnumerator() => _current.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
