using System.Globalization;

namespace Relay.Delivery;

/// <summary>Names the site of a route and gathers its limits: rule, domain, site, route, any site, provider, defaults; each first for one source, then for all.</summary>
internal sealed class SiteFactory(DeliveryOptions options)
{
    private const int MaxNamedHosts = 4;
    private const string Any = "site.\"*\"";
    private const string Defaults = "delivery defaults";

    private readonly LimitTable _limits = new(options.Limits);
    private readonly ProviderTable _providers = new(options.Shaping.Providers);
    private readonly List<string> _sourcesWithLimits = [.. options.Sources.Where(s => s.Value.MaxMessagesPerConnection is not null).Select(s => s.Key)];

    /// <summary>Port of a domain's hosts, as far as it is known before the hosts are; what is said of their site comes on top when they are dialled.</summary>
    public int PortOf(string destination) => options.Sites.GetValueOrDefault(destination)?.Port ?? options.AnySite.Port ?? options.SiteDefaults.Port ?? options.Port;

    /// <summary>The site of hosts found by DNS.</summary>
    public Site ForHosts(RoutePlan plan, IReadOnlyList<RouteHost> hosts)
    {
        var name = SiteName.Of(hosts.Select(h => (h.Preference, h.Name)).ToList(), _providers);
        return Create(plan, name, new Limit<int>(options.Port, "delivery.port"), _providers.Find(name));
    }

    /// <summary>The hosts of a site found by DNS, those marked that belong elsewhere.</summary>
    public IReadOnlyList<RouteHost> HostsOf(Site site, IReadOnlyList<RouteHost> hosts)
    {
        // A domain with limits of its own shares its site with nobody.
        var named = hosts.Select(h => (h.Preference, h.Name)).ToList();
        var foreign = site.Name == SiteName.Of(named, _providers) ? SiteName.ForeignAmong(named, _providers) : new HashSet<string>();
        return foreign.Count == 0 ? hosts : [.. hosts.Select(h => h with { IsForeign = foreign.Contains(h.Name) })];
    }

    /// <summary>The site of an address literal.</summary>
    public Site ForLiteral(RoutePlan plan, string name) => Create(plan, name, new Limit<int>(options.Port, "delivery.port"), provider: null);

    /// <summary>The site of configured hosts: named by them, ports and all.</summary>
    public Site ForNextHops(RoutePlan plan, RouteOptions route, string origin)
    {
        var level = new SiteLimits.Level(origin, new SiteOptions { Tls = TlsOf(route) });
        if (route.Socket is { } socket)
        {
            return Create(plan, "unix:" + socket, new Limit<int>(0, origin), provider: null, level);
        }

        var port = new Limit<int>(route.Hosts[0].Port, origin);
        var name = string.Join('+', route.Hosts.Take(MaxNamedHosts).Select(h => string.Create(CultureInfo.InvariantCulture, $"{h.Host}:{h.Port}")));
        return Create(plan, name, port, provider: null, level);
    }

    private static DeliveryTlsMode TlsOf(RouteOptions route) => route switch
    {
        { Tls: { } said } => said,
        { Socket: not null } => DeliveryTlsMode.None,
        _ => route.Login is null ? DeliveryTlsMode.Opportunistic : DeliveryTlsMode.Required,
    };

    /// <summary>A domain with limits of its own is a site of its own.</summary>
    private Site Create(RoutePlan plan, string derivedName, Limit<int> port, ProviderPreset? provider, SiteLimits.Level? routeLevel = null)
    {
        var facts = new Facts(plan, derivedName, port, provider, routeLevel);
        return Build(facts, options.Sites.ContainsKey(plan.Destination) ? plan.Destination : derivedName);
    }

    /// <summary>The site of that name by what is configured now; the name stays when domains get or lose limits of their own.</summary>
    private Site Build(Facts facts, string name)
    {
        var levels = LevelsOf(facts, name);
        var limits = Resolve(name, levels, facts.Port);
        // The port belongs to the next hop: what sites say of ports is meant for MX hosts.
        return new Site(name, facts.RouteLevel is null ? limits : limits with { Port = facts.Port })
        {
            Provider = facts.Provider,
            BySource = BySource(name, levels, facts.Port),
            Renew = () => Build(facts, name),
        };
    }

    private List<SiteLimits.Level> LevelsOf(Facts facts, string name)
    {
        var levels = new List<SiteLimits.Level>(5);
        if (facts.Plan.Rule is { Pool: { } pool } rule)
        {
            levels.Add(new SiteLimits.Level("rule." + rule.Name, new SiteOptions { Pool = pool }));
        }

        foreach (var said in new[] { name, facts.DerivedName }.Distinct())
        {
            if (options.Sites.TryGetValue(said, out var own))
            {
                levels.Add(new SiteLimits.Level($"site.\"{said}\"", own));
            }
        }

        if (facts.RouteLevel is { } routeLevel)
        {
            levels.Add(routeLevel);
        }

        levels.Add(new SiteLimits.Level(Any, options.AnySite));
        if (facts.Provider is { } provider)
        {
            levels.Add(new SiteLimits.Level($"{options.Shaping.Origin}: provider.{provider.Name}", provider.Limits));
        }

        levels.Add(new SiteLimits.Level(Defaults, options.SiteDefaults));
        return levels;
    }

    private SiteLimits Resolve(string name, IReadOnlyList<SiteLimits.Level> levels, Limit<int> port)
    {
        var limits = SiteLimits.Resolve(levels, port, new Limit<string?>(options.DefaultPool, Defaults));
        return _limits.Find(LimitScope.Site, name) is { Options.MaxMessagesPerConnection: { } max } shared
            ? limits.WithMessagesPerConnection(new Limit<int>(max, shared.Origin))
            : limits;
    }

    /// <summary>Limits from sources of which something of their own is said: each level's word on the source goes before its word on all of them.</summary>
    private Dictionary<string, SiteLimits> BySource(string name, List<SiteLimits.Level> levels, Limit<int> port)
    {
        var named = levels.SelectMany(level => level.Options.Sources.Keys).Concat(_sourcesWithLimits).ToHashSet(StringComparer.OrdinalIgnoreCase);
        return named.ToDictionary(source => source, source => LimitsOf(name, source, levels, port), StringComparer.OrdinalIgnoreCase);
    }

    private SiteLimits LimitsOf(string name, string source, List<SiteLimits.Level> levels, Limit<int> port)
    {
        var own = levels.SelectMany(level => level.Options.Sources.TryGetValue(source, out var said)
            ? [new SiteLimits.Level($"{level.Name}.source.{source}", said), level]
            : new[] { level });
        var limits = Resolve(name, [.. own], port);
        return options.Sources.GetValueOrDefault(source)?.MaxMessagesPerConnection is { } max
            ? limits.WithMessagesPerConnection(new Limit<int>(max, $"egress.source.{source}"))
            : limits;
    }

    /// <summary>What is known of a site beside its configuration.</summary>
    /// <param name="RouteLevel">What a configured next hop says; null for hosts found by DNS.</param>
    private sealed record Facts(RoutePlan Plan, string DerivedName, Limit<int> Port, ProviderPreset? Provider, SiteLimits.Level? RouteLevel);
}
