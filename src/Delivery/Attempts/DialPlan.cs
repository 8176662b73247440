using System.Net;

namespace Relay.Delivery;

/// <summary>The order in which addresses of a route are dialled (RFC 5321 §5.1).</summary>
/// <remarks>
/// 1. Hosts by preference; equal ones in random order, by weight where they have one. 2. Addresses of a host as given, the families in turn, IPv6 first.
/// 3. Within one preference a family that lately did not work goes last. 4. At most four addresses of a host and eight in all.
/// </remarks>
internal static class DialPlan
{
    // RFC 5321 §5.1 asks for at least two addresses; more than eight only keep a slot busy.
    public const int MaxTargets = 8;
    public const int MaxPerHost = 4;

    /// <summary>Targets in order, without what is <paramref name="excluded"/> and what the source cannot reach.</summary>
    public static IReadOnlyList<DialTarget> For(Route route, EgressSource source, DialExclusions excluded, FamilyMemory families, Random random)
    {
        var targets = route.Hosts
            .Select(h => (Host: h, Order: OrderOf(h, random)))
            .SelectMany(h => AddressesOf(h.Host, source, excluded).Select(a => (Target: new DialTarget(h.Host, a, h.Host.Port ?? route.Site.Limits.Port.Value), h.Order)))
            .OrderBy(t => t.Target.Host.Preference)
            .ThenBy(t => families.IsSuspect(route.Site.Name, t.Target.Family))
            .ThenBy(t => t.Order)
            .Select(t => t.Target)
            .Take(MaxTargets)
            .ToList();
        return [.. targets.Select((target, i) => target with { IsHurried = targets.Skip(i + 1).Any(later => later.Family != target.Family) })];
    }

    /// <summary>Addresses to dial; null stands for the host's socket.</summary>
    private static IEnumerable<IPAddress?> AddressesOf(RouteHost host, EgressSource source, DialExclusions excluded)
    {
        if (host.SocketPath is not null)
        {
            return excluded.Contains(host.Name) ? [] : new IPAddress?[] { null };
        }

        return host.Addresses.Where(a => source.CanReach(a.AddressFamily) && !excluded.Excludes(host, a.AddressFamily)).Take(MaxPerHost);
    }

    // Exponential arrivals at rates of the weights: each host comes first in proportion to its weight, all in random order when equal.
    private static double OrderOf(RouteHost host, Random random) => -Math.Log(1 - random.NextDouble()) / host.Weight;
}
