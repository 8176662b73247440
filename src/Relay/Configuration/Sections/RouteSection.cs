namespace Relay;

/// <summary><c>[route."DOMAIN"]</c>: where mail for a domain goes.</summary>
internal sealed class RouteSection
{
    /// <summary>Default: smarthost when <c>smarthost</c> is given, else mx.</summary>
    [Setting(Shown = "smarthost when one is given, else mx")]
    public RouteType? Type { get; init; }

    /// <summary>The next hop. Its address may be private: it is the operator's own choice.</summary>
    [Setting(Shown = "none")]
    public HostPort? Smarthost { get; init; }

    /// <summary>Name to log in with at the smarthost. Default: no login.</summary>
    [Setting(Shown = "none")]
    public string? Username { get; init; }

    /// <summary>Password for <c>username</c>; better <c>password_file</c> or the environment, so that the configuration can be shown.</summary>
    [Setting(Shown = "none")]
    public Secret? Password { get; init; }

    /// <summary>Default: required when a password is given, else that of the site, then of <c>[delivery]</c>.</summary>
    [Setting(Shown = "required with a password, else the site's")]
    public RouteTls? Tls { get; init; }

    /// <summary>The type in force.</summary>
    public RouteType EffectiveType => Type ?? (Smarthost is null ? RouteType.Mx : RouteType.Smarthost);

    /// <summary>The TLS rule in force; null leaves it to the site.</summary>
    public RouteTls? EffectiveTls => Tls ?? (Password is null ? null : RouteTls.Required);
}

internal enum RouteType
{
    /// <summary>To the MX hosts of the domain.</summary>
    Mx,

    /// <summary>To one configured host.</summary>
    Smarthost,

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
