using System.Diagnostics.CodeAnalysis;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Queue key → route: rule, configured next hop, MX, or a local end. Facts are kept for a short time, failures too.</summary>
/// <remarks>
/// Order: the simulator's domain unless an operator bound the mail to a route, the sandbox unless an operator released the mail, the rule of the key, then the most specific configured route (domain, its parents, <c>*</c>),
/// then MX. A fallback is resolved together with its route. A temporary failure is kept for a few seconds only: long enough that a thousand
/// messages ask once.
/// </remarks>
internal sealed class RouteResolver(DeliveryOptions options, MxResolver mx, RouteRules rules, TimeProvider time)
{
    /// <summary>Reserved for tests of senders; answers without a network.</summary>
    public const string SimulatorDomain = SuppressionObserver.SimulatedDomain;

    /// <summary>Shared by all keys without a way to go.</summary>
    public const string UnroutableSite = "@unroutable";

    private const int Capacity = 20_000;
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan TemporaryFailureLife = TimeSpan.FromSeconds(15);

    private readonly ExpiringCache<string, Route> _routes = new(Capacity, time);
    private readonly NextHopResolver _nextHops = new(mx);
    private readonly SiteFactory _sites = new(options);
    private int _generation;

    /// <summary>The route when it is known without asking anybody.</summary>
    public bool TryGetKnown(string queueKey, [NotNullWhen(true)] out Route? route) => _routes.TryGet(queueKey, out route);

    /// <summary>The next question is answered by the configuration in force; answers under way are not kept.</summary>
    public void Forget()
    {
        Interlocked.Increment(ref _generation);
        _routes.Clear();
    }

    public async ValueTask<Route> ResolveAsync(string queueKey, CancellationToken cancellationToken)
    {
        var generation = Volatile.Read(ref _generation);
        var (route, timeToLive) = await DecideAsync(RouteKey.Parse(queueKey), cancellationToken);
        if (generation == Volatile.Read(ref _generation))
        {
            _routes.Set(queueKey, route, LifeOf(route, timeToLive));
        }

        return route;
    }

    private static TimeSpan LifeOf(Route route, TimeSpan timeToLive)
    {
        if (route.Failure is { IsPermanent: false })
        {
            return TemporaryFailureLife;
        }

        return timeToLive < ShortestLife ? ShortestLife : timeToLive > LongestLife ? LongestLife : timeToLive;
    }

    private async ValueTask<(Route Route, TimeSpan TimeToLive)> DecideAsync(RouteKey key, CancellationToken cancellationToken)
    {
        // It is never left by a rule, which may have been written without it in mind.
        if (key.Destination == SimulatorDomain && !(key.BoundRoute is { } bound && options.Routes.ContainsKey(bound)))
        {
            return (Local(RouteKind.Simulator, "@simulator", "simulator"), LongestLife);
        }

        if (key.Destination == OwnKeys.Reports)
        {
            return (Local(RouteKind.Reports, OwnKeys.Reports, "reports"), LongestLife);
        }

        if (options.Sandbox && !key.IsReal)
        {
            return (Local(RouteKind.Capture, "@capture", "sandbox"), LongestLife);
        }

        if (OwnKeys.ReceivedDomain(key.Destination) is { } received)
        {
            return (Local(RouteKind.Received, key.Destination, $"inbound.\"{received}\""), LongestLife);
        }

        if (Unbound(key) is { } gone)
        {
            return (Unroutable(RouteFailure.Of("4.3.5", gone, BounceClass.Routing, FaultSide.Relay), "bound by an operator"), LongestLife);
        }

        var rule = key.Rule is { } name ? rules.Find(name) : null;
        var plan = new RoutePlan(key.Destination, rule);
        if (rule?.Route is { } named && options.Routes.TryGetValue(named, out var chosen))
        {
            return await WithFallbackAsync(plan, chosen, $"rule.{rule.Name}: route.\"{named}\"", cancellationToken);
        }

        if (FindConfigured(key.Destination, key.IsReal) is (var found, { } configured))
        {
            return await WithFallbackAsync(plan, configured, $"route.\"{found}\"", cancellationToken);
        }

        if (key.Destination.StartsWith('@'))
        {
            return (Unroutable(RouteFailure.Of("4.3.5", $"there is no internal route {key}", "routing", FaultSide.Relay), "queue key"), LongestLife);
        }

        return await FromMxAsync(plan, key.Destination.StartsWith('[') ? "address literal" : "MX of " + key.Destination, cancellationToken);
    }

    // Who bound it meant that way and no other: it waits to be bound anew.
    private string? Unbound(RouteKey key) =>
        key.BoundRoute is { } route && !options.Routes.ContainsKey(route) ? $"an operator bound it to [route.\"{route}\"], which is not configured any more; 'relay queue rebind' sends it another way"
        : key.BoundPool is { } pool && !options.Pools.ContainsKey(pool) ? $"an operator bound it to [egress.pool.{pool}], which is not configured any more; 'relay queue rebind' sends it another way"
        : null;

    private (string Name, RouteOptions? Options) FindConfigured(string key, bool isReal)
    {
        if (options.Routes.Count == 0)
        {
            return (string.Empty, null);
        }

        for (var name = key; ; name = name[name.IndexOf('.', 1)..])
        {
            if (options.Routes.TryGetValue(name, out var found) && !(isReal && IsKept(found)))
            {
                return (name, found);
            }

            if (key[0] is '[' or '@' || name.IndexOf('.', 1) < 0)
            {
                break;
            }
        }

        return key[0] != '@' && options.Routes.TryGetValue("*", out var rest) && !(isReal && IsKept(rest)) ? ("*", rest) : (string.Empty, null);
    }

    private static bool IsKept(RouteOptions route) => route.Kind is RouteKind.Capture or RouteKind.Discard;

    /// <summary>A fallback without a way to go is none; its own fallback does not count.</summary>
    private async ValueTask<(Route Route, TimeSpan TimeToLive)> WithFallbackAsync(
        RoutePlan plan, RouteOptions configured, string origin, CancellationToken cancellationToken)
    {
        var (route, timeToLive) = await FromConfigurationAsync(plan, configured, origin, cancellationToken);
        if (configured.Fallback is not { } name || !options.Routes.TryGetValue(name, out var other))
        {
            return (route, timeToLive);
        }

        var (fallback, itsTimeToLive) = await FromConfigurationAsync(plan, other, $"fallback route.\"{name}\" of {origin}", cancellationToken);
        return fallback.Failure is null
            ? (route with { Fallback = fallback, FallbackAfter = configured.FallbackAfter }, timeToLive < itsTimeToLive ? timeToLive : itsTimeToLive)
            : (route, timeToLive);
    }

    private async ValueTask<(Route Route, TimeSpan TimeToLive)> FromConfigurationAsync(
        RoutePlan plan, RouteOptions configured, string origin, CancellationToken cancellationToken)
    {
        return configured.Kind switch
        {
            RouteKind.Capture => (Local(RouteKind.Capture, "@capture", origin), LongestLife),
            RouteKind.Discard => (Local(RouteKind.Discard, "@discard", origin), LongestLife),
            RouteKind.Simulator => (Local(RouteKind.Simulator, "@simulator", origin), LongestLife),
            RouteKind.Smarthost or RouteKind.Lmtp => await FromNextHopsAsync(plan, configured, origin, cancellationToken),
            _ => await FromMxAsync(plan, origin, cancellationToken),
        };
    }

    private async ValueTask<(Route Route, TimeSpan TimeToLive)> FromNextHopsAsync(
        RoutePlan plan, RouteOptions configured, string origin, CancellationToken cancellationToken)
    {
        var found = await _nextHops.ResolveAsync(configured, cancellationToken);
        if (found.Failure is { } failure)
        {
            return (Unroutable(failure, origin) with { Findings = found.Findings }, found.TimeToLive);
        }

        var route = new Route
        {
            Kind = configured.Kind,
            Site = _sites.ForNextHops(plan, configured, origin),
            Hosts = found.Hosts,
            Findings = found.Findings,
            Login = configured.Login is { } login ? new RouteLogin(login, configured.Password ?? string.Empty) { OAuth = configured.OAuth } : null,
            Origin = origin,
        };
        return (route, found.TimeToLive);
    }

    private async ValueTask<(Route Route, TimeSpan TimeToLive)> FromMxAsync(RoutePlan plan, string origin, CancellationToken cancellationToken)
    {
        var key = plan.Destination;
        if (key.StartsWith('['))
        {
            return (FromLiteral(plan, origin), LongestLife);
        }

        if (!DomainName.TryParse(key, out var domain))
        {
            return (Unroutable(RouteFailure.Of("5.1.2", $"'{key}' is not a domain name", "bad-domain", FaultSide.Recipient), origin), LongestLife);
        }

        var found = await mx.ResolveAsync(domain, _sites.PortOf(key), cancellationToken);
        if (found.Failure is { } failure)
        {
            return (Unroutable(failure, origin) with { Findings = found.Findings }, found.TimeToLive);
        }

        var site = _sites.ForHosts(plan, found.Hosts);
        return (new Route { Kind = RouteKind.Mx, Site = site, Hosts = _sites.HostsOf(site, found.Hosts), Findings = found.Findings, Origin = origin }, found.TimeToLive);
    }

    private Route FromLiteral(RoutePlan plan, string origin)
    {
        var key = plan.Destination;
        if (!Mailbox.TryParse("x@" + key, out var mailbox) || mailbox.Literal is not { } address)
        {
            return Unroutable(RouteFailure.Of("5.1.3", $"{key} is not an address literal", "bad-domain", FaultSide.Recipient), origin);
        }

        var found = mx.ResolveLiteral(address, _sites.PortOf(key));
        return found.Failure is { } failure
            ? Unroutable(failure, origin) with { Findings = found.Findings }
            : new Route { Kind = RouteKind.Mx, Site = _sites.ForLiteral(plan, key), Hosts = found.Hosts, Findings = found.Findings, Origin = origin };
    }

    private static Route Local(RouteKind kind, string site, string origin) => new() { Kind = kind, Site = Site.Local(site), Origin = origin };

    private static Route Unroutable(RouteFailure failure, string origin) =>
        new() { Kind = RouteKind.Mx, Site = Site.Local(UnroutableSite), Failure = failure, Origin = origin };
}

/// <summary>What a route is asked for.</summary>
internal sealed record RoutePlan(string Destination, RuleOptions? Rule);
