using System.Net;
using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Where mail of one queue key goes, with the reason.</summary>
internal sealed record Route
{
    public required RouteKind Kind { get; init; }

    public required Site Site { get; init; }

    /// <summary>Candidates in order of preference; empty for routes that need no connection.</summary>
    public IReadOnlyList<RouteHost> Hosts { get; init; } = [];

    /// <summary>All hosts that were looked at, those left out as well.</summary>
    public IReadOnlyList<HostFinding> Findings { get; init; } = [];

    /// <summary>Why there is no way to go; then nothing else counts.</summary>
    public RouteFailure? Failure { get; init; }

    /// <summary>Login at a smarthost.</summary>
    public RouteLogin? Login { get; init; }

    /// <summary>Taken instead after <see cref="FallbackAfter"/> failed attempts, or while this route is suspended.</summary>
    public Route? Fallback { get; init; }

    public int FallbackAfter { get; init; }

    /// <summary>The route for mail that failed so often already.</summary>
    public Route For(int attempts) => Fallback is { } fallback && attempts >= FallbackAfter ? fallback : this;

    /// <summary>What decided: <c>MX of example.com</c>, <c>route."*"</c>, <c>sandbox</c>.</summary>
    public required string Origin { get; init; }

    /// <summary>True when attempts open a connection.</summary>
    public bool IsRemote => Failure is null && Kind is RouteKind.Mx or RouteKind.Smarthost or RouteKind.Lmtp;
}

/// <param name="Preference">Lower goes first; equal ones in random order (RFC 5321 §5.1).</param>
/// <param name="Addresses">IPv6 and IPv4 interleaved, at least one but for a socket.</param>
/// <param name="IsConfigured">Named by the operator, so that private addresses are his choice.</param>
internal sealed record RouteHost(string Name, int Preference, IReadOnlyList<IPAddress> Addresses, bool IsConfigured = false)
{
    /// <summary>Null: the port of the site.</summary>
    public int? Port { get; init; }

    /// <summary>Share among hosts of equal preference, 1 or more.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>
    /// A less preferred host that belongs elsewhere than the site of its route: what it says is no word of that site. Any domain can name
    /// the hosts of another site first and its own behind them.
    /// </summary>
    public bool IsForeign { get; init; }

    /// <summary>LMTP is spoken there (RFC 2033).</summary>
    public bool IsLmtp { get; init; }

    /// <summary>Unix socket in place of addresses.</summary>
    public string? SocketPath { get; init; }
}

/// <param name="Password">The password; for a login by token that token, once it is known.</param>
internal sealed record RouteLogin(string Login, string Password)
{
    /// <summary>Not null: <see cref="Password"/> is an access token from there.</summary>
    public OAuthOptions? OAuth { get; init; }

    /// <summary>The password never reaches a log by way of this record.</summary>
    public override string ToString() => Login;
}

/// <summary>A definite or temporary fact that stops delivery before any connection.</summary>
internal sealed record RouteFailure(EnhancedStatusCode Status, string Text, string Class, FaultSide Fault)
{
    public bool IsPermanent => Status.Class == 5;

    public static RouteFailure Of(string status, string text, string bounceClass, FaultSide fault) =>
        new(EnhancedStatusCode.Parse(status), text, bounceClass, fault);
}
