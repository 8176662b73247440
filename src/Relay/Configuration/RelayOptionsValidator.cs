using System.Net;
using Relay.Mail;
using Relay.Smtp.Server;
using Relay.Toml;

namespace Relay;

/// <summary>The rules that concern several settings; single values were checked when they were bound.</summary>
internal sealed class RelayOptionsValidator(RelayOptions options, BindingContext context)
{
    public void Validate()
    {
        CheckHostname();
        CheckEndpoints();
        CheckListeners();
        CheckCertificate();
        CheckRetry();
        CheckRoutes();
        CheckEgress();
        CheckDkim();
        CheckAdmin();
    }

    private void CheckHostname()
    {
        if (options.Hostname.Labels.Count < 2)
        {
            context.Warn("hostname", $"\"{options.Hostname}\" is no fully qualified name; other mail servers may refuse it in EHLO (RFC 5321 §2.3.5)");
        }
    }

    private void CheckEndpoints()
    {
        List<(string Path, IPEndPoint Endpoint)> endpoints =
            [.. options.Listener.Select(static l => ($"listener.{l.Key}.endpoint", l.Value.Endpoint))];
        if (options.Admin.Enabled)
        {
            endpoints.Add(("admin.endpoint", options.Admin.Endpoint));
        }

        for (var i = 1; i < endpoints.Count; i++)
        {
            var earlier = endpoints[..i].Find(e => Collide(e.Endpoint, endpoints[i].Endpoint));
            if (earlier.Path is not null)
            {
                context.Fault(endpoints[i].Path, $"\"{endpoints[i].Endpoint}\" is taken by {earlier.Path}", "allowed: an address and port of its own");
            }
        }
    }

    private void CheckListeners()
    {
        foreach (var (name, listener) in options.Listener)
        {
            var isLocal = IPAddress.IsLoopback(listener.Endpoint.Address);
            if (!isLocal && listener.RelayNetworks.Any(static network => network.PrefixLength == 0))
            {
                context.Warn($"listener.{name}.relay_networks", "anybody may relay here without AUTH: this is an open relay");
            }

            if (!isLocal && listener.Tls == SmtpTlsMode.None && listener.Auth != ListenerAuthentication.None)
            {
                context.Warn($"listener.{name}.tls", "AUTH is not offered without TLS: nobody can log in here; use starttls, required or implicit");
            }
        }
    }

    private void CheckCertificate()
    {
        if (options.Tls.Certificate is null != options.Tls.Key is null)
        {
            var (given, missing) = options.Tls.Key is null ? ("certificate", "key") : ("key", "certificate");
            context.Fault("tls." + given, $"is given without {missing}", "allowed: both or neither");
        }
    }

    private void CheckRetry()
    {
        if (options.Retry.ExpireAfter < options.Retry.Schedule[0])
        {
            context.Fault("retry.expire_after", "is shorter than the first wait of schedule", "allowed: time for a second attempt at least");
        }
    }

    private void CheckRoutes()
    {
        foreach (var (domain, route) in options.Route)
        {
            var path = BindingContext.Join("route", domain);
            var isSmarthost = route.EffectiveType == RouteType.Smarthost;
            if (isSmarthost && route.Smarthost is null)
            {
                context.Fault(path + ".smarthost", "is missing", "allowed: host and port such as \"smtp.example.com:587\"");
            }

            if (!isSmarthost && (route.Smarthost is not null || route.Username is not null || route.Tls is not null))
            {
                context.Fault(path + ".type", $"\"{route.EffectiveType.ToString().ToLowerInvariant()}\" takes no smarthost, username or tls", "allowed: these with a smarthost only");
            }

            CheckLogin(path, route);
        }
    }

    private void CheckLogin(string path, RouteSection route)
    {
        if (route.Password is not null && route.Tls == RouteTls.None)
        {
            context.Fault(path + ".tls", "\"none\" would send the password in clear", "allowed with a password: required, implicit or opportunistic");
        }

        if (route.Username is null != route.Password is null)
        {
            var missing = route.Password is null ? "password or password_file" : "username";
            context.Fault(path + (route.Password is null ? ".username" : ".password"), $"is given without {missing}", "allowed: both or neither");
        }

        var isLocal = route.Smarthost?.Address is { } address && IPAddress.IsLoopback(address);
        if (route.Password is not null && !isLocal && route.EffectiveTls is RouteTls.Opportunistic)
        {
            context.Warn(path + ".tls", "the certificate is not verified, so whoever sits between can read the password; use required or implicit");
        }
    }

    private void CheckEgress()
    {
        foreach (var (name, pool) in options.Egress.Pool)
        {
            for (var i = 0; i < pool.Sources.Count; i++)
            {
                CheckReference($"egress.pool.{name}.sources[{i}]", pool.Sources[i], "egress source", options.Egress.Source.Keys);
            }
        }

        foreach (var (name, site) in options.Site)
        {
            if (site.Pool is not null)
            {
                CheckReference(BindingContext.Join("site", name) + ".pool", site.Pool, "egress pool", options.Egress.Pool.Keys);
            }
        }
    }

    private void CheckReference(string path, string name, string kind, IEnumerable<string> known)
    {
        if (known.Contains(name))
        {
            return;
        }

        var nearest = Suggestion.Nearest(name, known);
        context.Fault(path, $"there is no {kind} {TomlText.Quote(name)}", nearest is null ? $"allowed: the name of an {kind}" : $"did you mean {nearest}?");
    }

    private void CheckDkim()
    {
        foreach (var (domain, section) in options.Dkim.Domains)
        {
            var path = BindingContext.Join("dkim", domain);
            for (var i = 0; i < section.Keys.Count; i++)
            {
                var selector = section.Keys[i].Selector;
                if (selector.Length > 0 && !DomainName.TryParse(selector, out _))
                {
                    context.Fault($"{path}.keys[{i}].selector", $"{TomlText.Quote(selector)} is not allowed", "allowed: letters, digits and inner hyphens, in labels joined by dots");
                }

                if (section.Keys.Take(i).Any(k => k.Selector.Equals(selector, StringComparison.OrdinalIgnoreCase)))
                {
                    context.Fault($"{path}.keys[{i}].selector", $"{TomlText.Quote(selector)} is given twice", "allowed: a selector of its own for each key");
                }
            }
        }
    }

    private void CheckAdmin()
    {
        if (options.Admin.Enabled && !IPAddress.IsLoopback(options.Admin.Endpoint.Address))
        {
            context.Warn("admin.endpoint", "the token crosses the network in clear; put a TLS proxy in front and listen on loopback");
        }
    }

    private static bool Collide(IPEndPoint a, IPEndPoint b) =>
        a.Port != 0 && a.Port == b.Port && a.AddressFamily == b.AddressFamily
        && (a.Address.Equals(b.Address) || IsAny(a.Address) || IsAny(b.Address));

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
