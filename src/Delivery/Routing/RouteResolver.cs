using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Queue key → route: configured next hop, MX, or a local end. Facts are kept for a short time, failures too.</summary>
/// <remarks>
/// Order: the simulator's domain, then the sandbox, then the most specific configured route (domain, its parents, <c>*</c>), then MX.
/// A temporary failure is kept for a few seconds only: long enough that a thousand messages ask once.
/// </remarks>
internal sealed class RouteResolver(DeliveryOptions options, MxResolver mx, AddressCheck isAllowed, TimeProvider time)
{
    /// <summary>Reserved for tests of senders; answers without a network.</summary>
    public const string SimulatorDomain = "simulator.relay.test";

    /// <summary>Shared by all keys without a way to go.</summary>
    public const string UnroutableSite = "@unroutable";

    private const int Capacity = 20_000;
    private static readonly TimeSpan ShortestLife = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LongestLife = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan TemporaryFailureLife = TimeSpan.FromSeconds(15);

    private readonly ExpiringCache<string, Route> _routes = new(Capacity, time);

    /// <summary>The route when it is known without asking anybody.</summary>
    public bool TryGetKnown(string queueKey, [NotNullWhen(true)] out Route? route) => _routes.TryGet(queueKey, out route);

    public async ValueTask<Route> ResolveAsync(string queueKey, CancellationToken cancellationToken)
    {
        var (route, timeToLive) = await DecideAsync(queueKey, cancellationToken);
        _routes.Set(queueKey, route, LifeOf(route, timeToLive));
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

    private async ValueTask<(Route Route, TimeSpan TimeToLive)> DecideAsync(string key, CancellationToken cancellationToken)
    {
        if (key == SimulatorDomain)
        {
            return (Local(RouteKind.Simulator, "@simulator", "simulator"), LongestLife);
        }

        if (options.Sandbox)
        {
            return (Local(RouteKind.Capture, "@capture", "sandbox"), LongestLife);
        }

        if (FindConfigured(key) is (var name, { } configured))
        {
            return await FromConfigurationAsync(key, name, configured, cancellationToken);
        }

        if (key.StartsWith('@'))
        {
            return (Unroutable(RouteFailure.Of("4.3.5", $"there is no internal route {key}", "routing", FaultSide.Relay), "queue key"), LongestLife);
        }

        return await FromMxAsync(key, "MX of " + key, cancellationToken);
    }

    private (string Name, RouteOptions? Options) FindConfigured(string key)
    {
        if (options.Routes.Count == 0)
        {
            return (string.Empty, null);
        }

        for (var name = key; ; name = name[name.IndexOf('.', 1)..])
        {
            if (options.Routes.TryGetValue(name, out var found))
            {
                return (name, found);
            }

            if (key[0] is '[' or '@' || name.IndexOf('.', 1) < 0)
            {
                break;
            }
        }

        return key[0] != '@' && options.Routes.TryGetValue("*", out var rest) ? ("*", rest) : (string.Empty, null);
    }

    private async ValueTask<(Route Route, TimeSpan TimeToLive)> FromConfigurationAsync(
        string key, string name, RouteOptions configured, CancellationToken cancellationToken)
    {
        var origin = $"route.\"{name}\"";
        switch (configured.Kind)
        {
            case RouteKind.Capture:
                return (Local(RouteKind.Capture, "@capture", origin), LongestLife);
            case RouteKind.Discard:
                return (Local(RouteKind.Discard, "@discard", origin), LongestLife);
            case RouteKind.Simulator:
                return (Local(RouteKind.Simulator, "@simulator", origin), LongestLife);
            case RouteKind.Smarthost:
                return await FromSmarthostAsync(key, configured, origin, cancellationToken);
            default:
                return await FromMxAsync(key, origin, cancellationToken);
        }
    }

    private async ValueTask<(Route Route, TimeSpan TimeToLive)> FromSmarthostAsync(
        string key, RouteOptions configured, string origin, CancellationToken cancellationToken)
    {
        var port = configured.Port ?? (configured.Tls == DeliveryTlsMode.Implicit ? 465 : 25);
        var host = configured.Host!;
        var tls = configured.Tls ?? (configured.Login is null ? DeliveryTlsMode.Opportunistic : DeliveryTlsMode.Required);
        var found = await mx.ResolveHostAsync(host, cancellationToken);
        if (found.Failure is { } failure)
        {
            return (Unroutable(failure, origin), found.TimeToLive);
        }

        var portLimit = new Limit<int>(port, origin);
        var site = SiteFor(key, string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"), portLimit, new SiteLimits.Level(origin, new SiteOptions { Tls = tls }));
        var route = new Route
        {
            Kind = RouteKind.Smarthost,
            // The port belongs to the next hop: what sites say of ports is meant for MX hosts.
            Site = site with { Limits = site.Limits with { Port = portLimit } },
            Hosts = found.Hosts,
            Login = configured.Login is { } login ? new RouteLogin(login, configured.Password ?? string.Empty) : null,
            Origin = origin,
        };
        return (route, found.TimeToLive);
    }

    private async ValueTask<(Route Route, TimeSpan TimeToLive)> FromMxAsync(string key, string origin, CancellationToken cancellationToken)
    {
        if (key.StartsWith('['))
        {
            return (FromLiteral(key), LongestLife);
        }

        if (!DomainName.TryParse(key, out var domain))
        {
            return (Unroutable(RouteFailure.Of("5.1.2", $"'{key}' is not a domain name", "bad-domain", FaultSide.Recipient), origin), LongestLife);
        }

        var found = await mx.ResolveAsync(domain, cancellationToken);
        if (found.Failure is { } failure)
        {
            return (Unroutable(failure, origin), found.TimeToLive);
        }

        var name = SiteName.Of(found.Hosts.Select(h => (h.Preference, h.Name)).ToList());
        var site = SiteFor(key, name, new Limit<int>(options.Port, "delivery.port"));
        return (new Route { Kind = RouteKind.Mx, Site = site, Hosts = found.Hosts, Origin = origin }, found.TimeToLive);
    }

    // RFC 5321 §4.1.3: a literal names its host; there is no MX to ask.
    private Route FromLiteral(string key)
    {
        if (!Mailbox.TryParse("x@" + key, out var mailbox) || mailbox.Literal is not { } address)
        {
            return Unroutable(RouteFailure.Of("5.1.3", $"{key} is not an address literal", "bad-domain", FaultSide.Recipient), "address literal");
        }

        if (!isAllowed(address, out var reason))
        {
            return Unroutable(RouteFailure.Of("5.4.4", $"{key} may not be dialled: {reason}", "routing", FaultSide.Recipient), "address literal");
        }

        var site = SiteFor(key, key, new Limit<int>(options.Port, "delivery.port"));
        return new Route { Kind = RouteKind.Mx, Site = site, Hosts = [new RouteHost(address.ToString(), 0, [address])], Origin = "address literal" };
    }

    /// <summary>A domain with limits of its own is a site of its own.</summary>
    private Site SiteFor(string key, string derivedName, Limit<int> port, params SiteLimits.Level[] routeLevels)
    {
        var levels = new List<SiteLimits.Level>(4);
        var name = derivedName;
        if (options.Sites.TryGetValue(key, out var byDomain))
        {
            name = key;
            levels.Add(new SiteLimits.Level($"site.\"{key}\"", byDomain));
        }

        if (name != derivedName || !string.Equals(key, derivedName, StringComparison.Ordinal))
        {
            if (options.Sites.TryGetValue(derivedName, out var byName))
            {
                levels.Add(new SiteLimits.Level($"site.\"{derivedName}\"", byName));
            }
        }

        levels.AddRange(routeLevels);
        levels.Add(new SiteLimits.Level("delivery defaults", options.SiteDefaults));
        return new Site(name, SiteLimits.Resolve(levels, port, new Limit<string?>(options.DefaultPool, "delivery defaults")));
    }

    private static Route Local(RouteKind kind, string site, string origin) => new() { Kind = kind, Site = Site.Local(site), Origin = origin };

    private static Route Unroutable(RouteFailure failure, string origin) =>
        new() { Kind = RouteKind.Mx, Site = Site.Local(UnroutableSite), Failure = failure, Origin = origin };
}
