using System.Diagnostics.CodeAnalysis;

namespace Relay.Delivery;

/// <summary>Keeps values for a time in two generations, so that it stays bounded without bookkeeping per use. Thread safe.</summary>
/// <param name="capacity">Values kept, at most.</param>
internal sealed class ExpiringCache<TKey, TValue>(int capacity, TimeProvider time)
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private Dictionary<TKey, (TValue Value, DateTimeOffset Until)> _young = [];
    private Dictionary<TKey, (TValue Value, DateTimeOffset Until)> _old = [];

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            if ((_young.TryGetValue(key, out var entry) || _old.TryGetValue(key, out entry)) && time.GetUtcNow() < entry.Until)
            {
                value = entry.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    public void Clear()
    {
        lock (_gate)
        {
            _young = [];
            _old = [];
        }
    }

    public void Set(TKey key, TValue value, TimeSpan lifetime)
    {
        lock (_gate)
        {
            if (_young.Count >= capacity / 2 && !_young.ContainsKey(key))
            {
                _old = _young;
                _young = [];
            }

            _young[key] = (value, time.GetUtcNow() + lifetime);
        }
    }
}
