namespace Relay.Delivery;

/// <summary>Derives a site's name from its MX hosts: provider rule, else the registrable part the most preferred hosts share, else the set of parts.</summary>
/// <remarks>
/// The registrable part is what the Public Suffix List says. Too coarse a name only makes two sites share their limits; connections are
/// reused only for hosts that a route itself names.
/// </remarks>
internal static class SiteName
{
    private const int MaxParts = 4;

    /// <param name="hosts">Host names with their preferences, at least one.</param>
    public static string Of(IReadOnlyList<(int Preference, string Host)> hosts, ProviderTable providers) =>
        string.Join('+', PartsOf(hosts, providers).Take(MaxParts));

    /// <summary>The hosts that do not belong to the site of the most preferred ones.</summary>
    public static IReadOnlySet<string> ForeignAmong(IReadOnlyList<(int Preference, string Host)> hosts, ProviderTable providers)
    {
        var parts = PartsOf(hosts, providers);
        return hosts.Select(h => h.Host).Where(host => !parts.Contains(OfHost(host, providers))).ToHashSet(StringComparer.Ordinal);
    }

    private static List<string> PartsOf(IReadOnlyList<(int Preference, string Host)> hosts, ProviderTable providers)
    {
        var best = hosts.Min(h => h.Preference);
        return hosts
            .Where(h => h.Preference == best)
            .Select(h => OfHost(h.Host, providers))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
    }

    private static string OfHost(string host, ProviderTable providers)
    {
        var name = host.ToLowerInvariant();
        return providers.OfHost(name)?.Name ?? PublicSuffixes.Shipped.RegistrableOf(name) ?? name;
    }
}
