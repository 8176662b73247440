namespace Relay.Delivery;

/// <summary>The order in which addresses of a route are dialled (RFC 5321 §5.1).</summary>
internal static class DialPlan
{
    // RFC 5321 §5.1 asks for at least two addresses; more than eight only keep a slot busy.
    private const int MaxTargets = 8;
    private const int MaxPerHost = 4;

    /// <summary>By preference, equal ones in random order, without <paramref name="excluded"/> hosts and families the source cannot reach.</summary>
    public static IReadOnlyList<DialTarget> For(
        Route route, EgressSource source, IReadOnlySet<string> excluded, Random random)
    {
        var port = route.Site.Limits.Port.Value;
        return route.Hosts
            .Where(h => !excluded.Contains(h.Name))
            .Select(h => (Host: h, Order: random.Next()))
            .OrderBy(h => h.Host.Preference)
            .ThenBy(h => h.Order)
            .SelectMany(h => h.Host.Addresses
                .Where(a => source.CanReach(a.AddressFamily))
                .Take(MaxPerHost)
                .Select(a => new DialTarget(h.Host, a, port)))
            .Take(MaxTargets)
            .ToList();
    }
}
