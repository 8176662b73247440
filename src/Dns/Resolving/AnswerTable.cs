namespace Relay.Dns;

/// <summary>An answer with its time of arrival and expiry, in the clock's ticks, and its share of the room.</summary>
internal sealed record KeptAnswer(object Answer, long StoredAt, long ExpiresAt, int Weight);

/// <summary>Least recently used first out, bounded by the sum of weights. Its owner locks.</summary>
internal sealed class AnswerTable
{
    private readonly int _room;
    private readonly Dictionary<CacheKey, LinkedListNode<(CacheKey Key, KeptAnswer Kept)>> _byKey = [];
    private readonly LinkedList<(CacheKey Key, KeptAnswer Kept)> _byUse = [];
    private long _weight;

    public AnswerTable(int room)
    {
        _room = room;
    }

    public int Count => _byKey.Count;

    public KeptAnswer? Find(CacheKey key, long now)
    {
        if (!_byKey.TryGetValue(key, out var node))
        {
            return null;
        }

        if (now >= node.Value.Kept.ExpiresAt)
        {
            Remove(node);
            return null;
        }

        _byUse.Remove(node);
        _byUse.AddFirst(node);
        return node.Value.Kept;
    }

    /// <summary>Keeps the answer unless it alone is larger than the table.</summary>
    public void Store(CacheKey key, KeptAnswer kept, long now)
    {
        if (_byKey.TryGetValue(key, out var old))
        {
            Remove(old);
        }

        if (kept.Weight > _room)
        {
            return;
        }

        while (_weight + kept.Weight > _room && _byUse.Last is { } last)
        {
            Remove(last);
            DnsMetrics.CacheEvictions.Add(last.Value.Kept.ExpiresAt > now ? 1 : 0);
        }

        _byKey.Add(key, _byUse.AddFirst((key, kept)));
        _weight += kept.Weight;
        DnsMetrics.CacheEntries.Add(1);
    }

    private void Remove(LinkedListNode<(CacheKey Key, KeptAnswer Kept)> node)
    {
        _byUse.Remove(node);
        _byKey.Remove(node.Value.Key);
        _weight -= node.Value.Kept.Weight;
        DnsMetrics.CacheEntries.Add(-1);
    }
}
