namespace Relay.Delivery;

/// <summary>The providers known, by name and by the suffix of their hosts. Immutable.</summary>
internal sealed class ProviderTable
{
    public static readonly ProviderTable Empty = new([]);

    private readonly Dictionary<string, ProviderPreset> _bySuffix = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ProviderPreset> _byName = new(StringComparer.Ordinal);

    /// <param name="providers">No two with the same name or suffix.</param>
    public ProviderTable(IReadOnlyList<ProviderPreset> providers)
    {
        foreach (var provider in providers)
        {
            _byName.Add(provider.Name, provider);
            foreach (var suffix in provider.MxSuffixes)
            {
                _bySuffix.Add(suffix, provider);
            }
        }
    }

    public IReadOnlyCollection<ProviderPreset> All => _byName.Values;

    /// <summary>The provider of a site by its name; null when the site is none of them.</summary>
    public ProviderPreset? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>The provider whose suffix ends this host name; the longest suffix counts, at borders of labels only.</summary>
    /// <param name="host">In lower case.</param>
    public ProviderPreset? OfHost(string host)
    {
        for (var name = host; name.Length > 0; name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            if (_bySuffix.TryGetValue(name, out var provider))
            {
                return provider;
            }

            if (!name.Contains('.', StringComparison.Ordinal))
            {
                break;
            }
        }

        return null;
    }
}
