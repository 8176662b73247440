namespace Relay;

/// <summary><c>[route."DOMAIN"]</c>: where mail goes; of its domain, and of rules and fallbacks that name it.</summary>
internal sealed class RouteSection
{
    private const int DefaultFallbackAfter = 3;

    /// <summary>Default: smarthost when <c>smarthost</c> or <c>hosts</c> is given, lmtp when <c>socket</c> is, else mx.</summary>
    [Setting(Shown = "by what is given, else mx")]
    public RouteType? Type { get; init; }

    /// <summary>The next hop. Its address may be private: it is the operator's own choice.</summary>
    [Setting(Shown = "none")]
    public HostPort? Smarthost { get; init; }

    /// <summary>Several next hops, tried in this order; those of equal <c>preference</c> share by <c>weight</c>.</summary>
    [Setting(MaxCount = 20)]
    public IReadOnlyList<NextHop> Hosts { get; init; } = [];

    /// <summary>Unix socket of an LMTP server, in place of hosts.</summary>
    [Setting(Shown = "none", IsPath = true)]
    public string? Socket { get; init; }

    /// <summary>Name to log in with at the next hop. Default: no login.</summary>
    [Setting(Shown = "none")]
    public string? Username { get; init; }

    /// <summary>Password for <c>username</c>; better <c>password_file</c> or the environment, so that the configuration can be shown.</summary>
    [Setting(Shown = "none")]
    public Secret? Password { get; init; }

    /// <summary>Log in by XOAUTH2 or OAUTHBEARER with an access token from there, in place of a password.</summary>
    [Setting(Shown = "none")]
    public Uri? OauthTokenUrl { get; init; }

    /// <summary>Name of this client at the token endpoint.</summary>
    [Setting(Shown = "none")]
    public string? OauthClientId { get; init; }

    /// <summary>Its secret; better <c>oauth_client_secret_file</c> or the environment.</summary>
    [Setting(Shown = "none")]
    public Secret? OauthClientSecret { get; init; }

    /// <summary>A token that a user lent. Default: the client speaks for itself (client credentials).</summary>
    [Setting(Shown = "none")]
    public Secret? OauthRefreshToken { get; init; }

    /// <summary>What the token is for, as the provider spells it.</summary>
    [Setting(Shown = "none")]
    public string? OauthScope { get; init; }

    /// <summary>Default: required, so that nobody in between reads mail or password; where all hosts are loopback addresses, that of the site.</summary>
    [Setting(Shown = "required, on loopback the site's")]
    public RouteTls? Tls { get; init; }

    /// <summary>Name of another route, taken after <c>fallback_after</c> failed attempts or while this one is suspended. Default: none.</summary>
    [Setting(Shown = "none")]
    public string? Fallback { get; init; }

    /// <summary>Failed attempts of a recipient. Default 3: a short outage does not turn mail away.</summary>
    [Setting(Min = "1", Max = "100")]
    public int FallbackAfter { get; init; } = DefaultFallbackAfter;

    /// <summary>The type in force.</summary>
    public RouteType EffectiveType => Type ?? (Smarthost is not null || Hosts.Count > 0 ? RouteType.Smarthost : Socket is not null ? RouteType.Lmtp : RouteType.Mx);

    /// <summary>All next hops; those without a preference in the order given.</summary>
    public IReadOnlyList<NextHop> NextHops => [.. (Smarthost is null ? Hosts : [new NextHop(Smarthost, null, 1), .. Hosts]).Select((hop, i) => hop with { Preference = hop.Preference ?? i + 1 })];

    public bool HasLogin => Password is not null || OauthTokenUrl is not null;

    /// <summary>The TLS rule in force; null leaves it to the site.</summary>
    public RouteTls? EffectiveTls => Tls ?? (HasLogin || NextHops.Any(static hop => !hop.Target.IsLoopback) ? RouteTls.Required : null);
}

internal enum RouteType
{
    /// <summary>To the MX hosts of the domain.</summary>
    Mx,

    /// <summary>To configured hosts.</summary>
    Smarthost,

    /// <summary>To a server that stores mail, by LMTP (RFC 2033).</summary>
    Lmtp,

    /// <summary>Kept and shown, never sent.</summary>
    Capture,

    /// <summary>Settled as delivered and dropped.</summary>
    Discard,
}

internal enum RouteTls
{
    /// <summary>STARTTLS where offered, the certificate is not verified (RFC 7435).</summary>
    Opportunistic,

    /// <summary>STARTTLS with a valid certificate, or no delivery.</summary>
    Required,

    /// <summary>TLS from the first byte with a valid certificate (RFC 8314 §3.3), usually port 465.</summary>
    Implicit,

    /// <summary>No TLS.</summary>
    None,
}
