namespace Relay.Delivery;

/// <summary>The pools an operator configured, by name.</summary>
internal sealed class EgressPools
{
    private readonly Dictionary<string, EgressPool> _pools = new(StringComparer.Ordinal);
    private readonly EgressPool _all;
    private readonly EgressPool _local;
    private readonly SourceMonitor _monitor;

    /// <exception cref="ArgumentException">A pool names a source that does not exist.</exception>
    public EgressPools(DeliveryOptions options, SourceMonitor monitor)
    {
        var sources = options.Sources.ToDictionary(
            s => s.Key,
            s => new EgressSource(s.Key, s.Value.Ipv4, s.Value.Ipv6, s.Value.EhloName ?? options.Hostname),
            StringComparer.Ordinal);
        Sources = sources.Count == 0 ? [EgressSource.SystemChosen(options.Hostname)] : [.. sources.Values];
        _monitor = monitor;
        _local = new EgressPool("local", [(EgressSource.SystemChosen(options.Hostname), 1)]);
        _all = new EgressPool("all", [.. Sources.Select(s => (s, 1))], monitor.IsUsable);
        foreach (var (name, weights) in options.Pools)
        {
            _pools[name] = new EgressPool(name, [.. weights.Select(w => (SourceOf(sources, w.Key, name), w.Value))], monitor.IsUsable);
        }
    }

    /// <summary>Every source there is.</summary>
    public IReadOnlyList<EgressSource> Sources { get; }

    /// <summary>The pool of that name; all sources for null or a name nobody configured.</summary>
    public EgressPool Find(string? name) => name is not null && _pools.TryGetValue(name, out var pool) ? pool : _all;

    /// <summary>The pool that carries mail of a route; what stays on this machine needs no source and waits for none.</summary>
    public EgressPool Of(Route route) => route.IsRemote ? Find(route.Site.Limits.Pool.Value) : _local;

    /// <summary>Whether a source may be used, and until when it rests.</summary>
    public SourceState StateOf(EgressSource source) => _monitor.StateOf(source);

    private static EgressSource SourceOf(Dictionary<string, EgressSource> sources, string name, string pool) =>
        sources.TryGetValue(name, out var source) ? source : throw new ArgumentException($"pool '{pool}' names the source '{name}', which does not exist");
}
