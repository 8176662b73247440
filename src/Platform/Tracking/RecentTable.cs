using System.Diagnostics.CodeAnalysis;

namespace Relay.Platform.Tracking;

/// <summary>A table in memory that holds the newest entries up to its capacity; what was first written goes first. Thread safe.</summary>
internal sealed class RecentTable<TKey, TValue>(int capacity)
    where TKey : notnull
{
    private readonly Dictionary<TKey, TValue> _entries = [];
    private readonly Queue<TKey> _order = new();
    private readonly Lock _gate = new();

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            return _entries.TryGetValue(key, out value);
        }
    }

    public void Set(TKey key, TValue value) => Update(key, _ => value);

    /// <summary>Replaces a value by one made from it, atomically; the function gets the default when there is none.</summary>
    public TValue Update(TKey key, Func<TValue?, TValue> change)
    {
        lock (_gate)
        {
            var isKnown = _entries.TryGetValue(key, out var old);
            if (!isKnown)
            {
                if (_entries.Count >= capacity)
                {
                    _entries.Remove(_order.Dequeue());
                }

                _order.Enqueue(key);
            }

            return _entries[key] = change(old);
        }
    }
}
