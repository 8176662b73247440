namespace Relay.Delivery;

/// <summary>Weighted sources. Not thread safe.</summary>
internal sealed class EgressPool
{
    private readonly Entry[] _entries;
    private readonly Func<EgressSource, bool> _isUsable;

    /// <param name="sources">At least one; weights 1 or more.</param>
    /// <param name="isUsable">False for sources that rest; null: none does.</param>
    public EgressPool(string name, IReadOnlyList<(EgressSource Source, int Weight)> sources, Func<EgressSource, bool>? isUsable = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(sources.Count);
        Name = name;
        _isUsable = isUsable ?? (static _ => true);
        _entries = sources.Select(s => new Entry(s.Source, s.Weight)).ToArray();
    }

    public string Name { get; }

    public IEnumerable<EgressSource> Sources => _entries.Select(e => e.Source);

    public IEnumerable<(EgressSource Source, int Weight)> Weights => _entries.Select(e => (e.Source, e.Weight));

    /// <summary>The next source by smooth weighted round robin among those with room; null when none has.</summary>
    public EgressSource? Next(Func<EgressSource, bool> hasRoom)
    {
        Entry? best = null;
        var total = 0;
        foreach (var entry in _entries)
        {
            if (!_isUsable(entry.Source) || !hasRoom(entry.Source))
            {
                continue;
            }

            entry.Current += entry.Weight;
            total += entry.Weight;
            if (best is null || entry.Current > best.Current)
            {
                best = entry;
            }
        }

        if (best is null)
        {
            return null;
        }

        best.Current -= total;
        return best.Source;
    }

    private sealed class Entry(EgressSource source, int weight)
    {
        public EgressSource Source { get; } = source;

        public int Weight { get; } = weight;

        public int Current { get; set; }
    }
}
