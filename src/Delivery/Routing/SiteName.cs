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
    public static string Of(IReadOnlyList<(int Preference, string Host)> hosts, ProviderTable providers)
    {
        var best = hosts.Min(h => h.Preference);
        var parts = hosts
            .Where(h => h.Preference == best)
            .Select(h => OfHost(h.Host, providers))
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)
            .ToList();
        return string.Join('+', parts.Take(MaxParts));
    }

    private static string OfHost(string host, ProviderTable providers)
    {
        var name = host.ToLowerInvariant();
        return providers.OfHost(name)?.Name ?? PublicSuffixes.Shipped.RegistrableOf(name) ?? name;
    }
}
