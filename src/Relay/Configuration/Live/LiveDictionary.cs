using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace Relay;

/// <summary>A dictionary that is exchanged as a whole; who reads sees the old or the new one, never a mixture of both.</summary>
internal sealed class LiveDictionary<TValue>(IReadOnlyDictionary<string, TValue> first) : IReadOnlyDictionary<string, TValue>
{
    private volatile IReadOnlyDictionary<string, TValue> _current = first;

    public int Count => _current.Count;

    public IEnumerable<string> Keys => _current.Keys;

    public IEnumerable<TValue> Values => _current.Values;

    public TValue this[string key] => _current[key];

    public void Exchange(IReadOnlyDictionary<string, TValue> next) => _current = next;

    public bool ContainsKey(string key) => _current.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out TValue value) => _current.TryGetValue(key, out value);

    public IEnumerator<KeyValuePair<string, TValue>> GetEnumerator() => _current.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
