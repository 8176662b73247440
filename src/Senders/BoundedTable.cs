using System.Diagnostics.CodeAnalysis;

namespace Relay.Senders;

/// <summary>A table in memory that never holds more than its capacity: when full, the quarter written longest ago goes. Thread safe.</summary>
public sealed class BoundedTable<TValue>(int capacity)
{
    private readonly Dictionary<string, (TValue Value, DateTimeOffset Written)> _entries = new(StringComparer.Ordinal);
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

    public bool TryGet(string key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            var found = _entries.TryGetValue(key, out var entry);
            value = entry.Value;
            return found;
        }
    }

    public void Set(string key, TValue value, DateTimeOffset now) => Update(key, _ => value, now);

    /// <summary>Replaces a value by one made from it, atomically; the function gets the default when there is none.</summary>
    public void Update(string key, Func<TValue?, TValue> change, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (!_entries.TryGetValue(key, out var entry) && _entries.Count >= capacity)
            {
                RemoveOldest();
            }

            _entries[key] = (change(entry.Value), now);
        }
    }

    public void Remove(string key)
    {
        lock (_gate)
        {
            _entries.Remove(key);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _entries.Clear();
        }
    }

    // A quarter at a time, so that the sort is paid once in many writes.
    private void RemoveOldest()
    {
        var oldest = _entries.OrderBy(entry => entry.Value.Written).Take(Math.Max(1, capacity / 4)).Select(entry => entry.Key).ToArray();
        foreach (var key in oldest)
        {
            _entries.Remove(key);
        }
    }
}
