using Relay.Queue;

namespace Relay.Delivery;

public enum RouteKind
{
    /// <summary>By the domain's MX records.</summary>
    Mx,
    Smarthost,

    /// <summary>Handed to a server that stores mail, which answers for each recipient (RFC 2033).</summary>
    Lmtp,

    /// <summary>Kept readable here instead of being sent.</summary>
    Capture,

    /// <summary>Thrown away, and said so.</summary>
    Discard,

    /// <summary>Answers by local part without a network; not configurable, the name of the domain chooses it.</summary>
    Simulator,

    /// <summary>Read here as a report about our own mail; not configurable, the address chooses it.</summary>
    Reports,

    /// <summary>Handed to the webhook of its domain; not configurable as a route, the domain chooses it.</summary>
    Received,
}

/// <summary>A configured way to go.</summary>
public sealed record RouteOptions
{
    public required RouteKind Kind { get; init; }

    /// <summary>For a smarthost or LMTP; at least one there, but for <see cref="Socket"/>.</summary>
    public IReadOnlyList<NextHopOptions> Hosts { get; init; } = [];

    /// <summary>Path of the Unix socket of an LMTP server, in place of hosts.</summary>
    public string? Socket { get; init; }

    public string? Login { get; init; }

    public string? Password { get; init; }

    /// <summary>Log in with an access token in place of a password.</summary>
    public OAuthOptions? OAuth { get; init; }

    /// <summary>Null: required when there is a login (no password in clear), else by the site.</summary>
    public DeliveryTlsMode? Tls { get; init; }

    /// <summary>Route taken instead after <see cref="FallbackAfter"/> failed attempts, or while this one is suspended; null: none.</summary>
    public string? Fallback { get; init; }

    public int FallbackAfter { get; init; } = 3;
}

/// <summary>One host of a route.</summary>
/// <param name="Host">Name or address.</param>
/// <param name="Preference">Lower is tried first.</param>
/// <param name="Weight">Share among hosts of equal preference, 1 or more.</param>
public sealed record NextHopOptions(string Host, int Port, int Preference = 1, int Weight = 1);

/// <summary>Where access tokens come from (RFC 6749 §4.4, §6).</summary>
public sealed record OAuthOptions
{
    public required Uri TokenUrl { get; init; }

    public required string ClientId { get; init; }

    public string? ClientSecret { get; init; }

    /// <summary>Null: the client speaks for itself (client credentials); else a user lent it this token.</summary>
    public string? RefreshToken { get; init; }

    public string? Scope { get; init; }

    /// <summary>Secrets never reach a log by way of this record.</summary>
    public override string ToString() => $"{ClientId} at {TokenUrl.Host}";
}

/// <summary>Conditions on message and recipient, and what follows. Empty conditions hold always; all must hold.</summary>
public sealed record RuleOptions
{
    public required string Name { get; init; }

    /// <summary>Domains of the reverse-path (A-labels), or <c>.example.com</c> for all below one; a null reverse-path matches none.</summary>
    public IReadOnlyList<string> SenderDomains { get; init; } = [];

    public IReadOnlyList<string> RecipientDomains { get; init; } = [];

    /// <summary>Names of credentials.</summary>
    public IReadOnlyList<string> Users { get; init; } = [];

    /// <summary>One of the message's tags is enough.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    public IReadOnlyList<long> Accounts { get; init; } = [];

    public MailStream? Stream { get; init; }

    /// <summary>Name of a route; null leaves that to the recipient's domain.</summary>
    public string? Route { get; init; }

    /// <summary>Name of an egress pool; null leaves that to the site.</summary>
    public string? Pool { get; init; }
}
