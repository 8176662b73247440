using System.Net.Sockets;
using Relay.Toml;

namespace Relay;

/// <summary>The rules between routes, rules, sites and egress: what they name must be there, and what they ask for must go together.</summary>
internal sealed class RouteValidator(RelayOptions options, BindingContext context)
{
    public void Validate()
    {
        foreach (var (name, route) in options.Route)
        {
            var path = BindingContext.Join("route", name);
            CheckHosts(path, route);
            CheckLogin(path, route);
            CheckToken(path, route);
            CheckFallback(path, name, route);
        }

        foreach (var (name, rule) in options.Rule)
        {
            CheckRule("rule." + name, rule);
        }

        CheckEgress();
    }

    private void CheckHosts(string path, RouteSection route)
    {
        var isRemote = route.EffectiveType is RouteType.Smarthost or RouteType.Lmtp;
        if (route.EffectiveType == RouteType.Smarthost && route.NextHops.Count == 0)
        {
            context.Fault(path + ".smarthost", "is missing", "allowed: host and port such as \"smtp.example.com:587\"");
        }

        if (route.EffectiveType == RouteType.Lmtp && route.NextHops.Count == 0 == (route.Socket is null))
        {
            context.Fault(path + ".socket", route.Socket is null ? "is missing" : "is given together with hosts", "allowed for lmtp: either socket or hosts");
        }

        if (route.EffectiveType == RouteType.Smarthost && route.Socket is not null)
        {
            context.Fault(path + ".socket", "is given for a smarthost", "allowed: for type lmtp");
        }

        if (!isRemote && (route.NextHops.Count > 0 || route.Socket is not null || route.Username is not null || route.Tls is not null))
        {
            context.Fault(path + ".type", $"\"{route.EffectiveType.ToString().ToLowerInvariant()}\" takes no hosts, socket, username or tls", "allowed: these with smarthost and lmtp only");
        }

        if (route.NextHops.Select(static hop => hop.Target).FirstOrDefault(IsListener) is { } own)
        {
            context.Fault(path + ".smarthost", $"\"{own}\" is a listener of this relay: mail would come back", "allowed: another server");
        }
    }

    private bool IsListener(HostPort target) =>
        target.Address is { } address && options.Listener.Values.Any(l => l.Endpoint.Port == target.Port && l.Endpoint.Address.Equals(address));

    private void CheckLogin(string path, RouteSection route)
    {
        if (route.HasLogin && route.Tls == RouteTls.None)
        {
            context.Fault(path + ".tls", "\"none\" would send the password in clear", "allowed with a password: required, implicit or opportunistic");
        }

        if (route.Password is not null && route.OauthTokenUrl is not null)
        {
            context.Fault(path + ".oauth_token_url", "is given together with password", "allowed: one of them");
        }

        if (route.Username is null == route.HasLogin)
        {
            var missing = route.HasLogin ? "username" : "password, password_file or oauth_token_url";
            context.Fault(path + (route.HasLogin ? route.Password is null ? ".oauth_token_url" : ".password" : ".username"), $"is given without {missing}", "allowed: both or neither");
        }

        var isLocal = route.NextHops.All(static hop => hop.Target.IsLoopback);
        if (route.HasLogin && !isLocal && route.EffectiveTls is RouteTls.Opportunistic)
        {
            context.Warn(path + ".tls", "the certificate is not verified, so whoever sits between can read the password; use required or implicit");
        }
    }

    private void CheckToken(string path, RouteSection route)
    {
        if (route.OauthTokenUrl is null)
        {
            if (route.OauthClientId is not null || route.OauthClientSecret is not null || route.OauthRefreshToken is not null || route.OauthScope is not null)
            {
                context.Fault(path + ".oauth_token_url", "is missing", "allowed: where access tokens are granted, such as \"https://login.example.com/token\"");
            }

            return;
        }

        if (route.OauthClientId is null)
        {
            context.Fault(path + ".oauth_client_id", "is missing", "allowed: the client's name at oauth_token_url");
        }

        if (route.OauthClientSecret is null && route.OauthRefreshToken is null)
        {
            context.Fault(path + ".oauth_client_secret", "is missing", "allowed: the client's secret, or oauth_refresh_token");
        }

        if (route.OauthTokenUrl.Scheme != Uri.UriSchemeHttps && !route.OauthTokenUrl.IsLoopback)
        {
            context.Fault(path + ".oauth_token_url", "would send the secret in clear", "allowed: a https URL");
        }
    }

    private void CheckFallback(string path, string name, RouteSection route)
    {
        if (route.Fallback is not { } fallback)
        {
            return;
        }

        CheckReference(path + ".fallback", fallback, "route", options.Route.Keys);
        if (fallback.Equals(name, StringComparison.OrdinalIgnoreCase))
        {
            context.Fault(path + ".fallback", "is the route itself", "allowed: another route");
        }
    }

    private void CheckRule(string path, RuleSection rule)
    {
        if (rule.Route is null && rule.Pool is null)
        {
            context.Fault(path, "changes nothing", "allowed: a route, a pool or both");
        }

        if (rule.Route is { } route)
        {
            CheckReference(path + ".route", route, "route", options.Route.Keys);
        }

        if (rule.Pool is { } pool)
        {
            CheckReference(path + ".pool", pool, "egress pool", options.Egress.Pool.Keys);
        }
    }

    private void CheckEgress()
    {
        foreach (var (name, source) in options.Egress.Source)
        {
            if (source.Address6 is { } six && (six.AddressFamily != AddressFamily.InterNetworkV6 || source.Address.AddressFamily == AddressFamily.InterNetworkV6))
            {
                context.Fault($"egress.source.{name}.address6", $"\"{six}\" is not allowed", "allowed: an IPv6 address, beside an IPv4 address in address");
            }
        }

        foreach (var (name, pool) in options.Egress.Pool)
        {
            foreach (var source in pool.Sources.Items)
            {
                CheckReference($"egress.pool.{name}.sources", source.Key, "egress source", options.Egress.Source.Keys);
            }
        }

        foreach (var (name, site) in options.Site)
        {
            foreach (var source in site.Source.Keys)
            {
                CheckReference(BindingContext.Join(BindingContext.Join("site", name) + ".source", source), source, "egress source", options.Egress.Source.Keys);
            }

            if (site.Pool is not null)
            {
                CheckReference(BindingContext.Join("site", name) + ".pool", site.Pool, "egress pool", options.Egress.Pool.Keys);
            }
        }
    }

    private void CheckReference(string path, string name, string kind, IEnumerable<string> known)
    {
        if (known.Contains(name, StringComparer.OrdinalIgnoreCase))
        {
            return;
        }

        var nearest = Suggestion.Nearest(name, known);
        context.Fault(path, $"there is no {kind} {TomlText.Quote(name)}", nearest is null ? $"allowed: the name of {(kind[0] == 'e' ? "an" : "a")} {kind}" : $"did you mean {nearest}?");
    }
}
