using System.Net.Sockets;

namespace Relay.Delivery;

/// <summary>
/// Which mails may share a connection: same site, same source, same demands on TLS, same login. That the host is one the mail's own route
/// names, and was verified under that name where it must be, is checked when a connection is taken.
/// </summary>
internal sealed record ConnectionKey(PathKey Path, TlsDemands Tls, string? Login);

/// <summary>An open connection that has said EHLO and, where demanded, TLS and AUTH.</summary>
internal sealed class PeerConnection(IPeerSession session, ConnectionKey key, DialTarget target)
{
    public IPeerSession Session { get; } = session;

    public ConnectionKey Key { get; } = key;

    public RouteHost Host { get; } = target.Host;

    /// <summary>Address or path, as text.</summary>
    public string Address { get; } = target.AddressText;

    public AddressFamily Family { get; } = target.Family;

    /// <summary>Transactions carried so far.</summary>
    public int Transactions { get; set; }

    /// <summary>What of the carried mail had a limit of its own.</summary>
    public CarriedMessages Carried { get; } = new();

    public DateTimeOffset IdleSince { get; set; }

    /// <summary>It has carried as much as our limit or the peer's (RFC 9422 §4.1) allows.</summary>
    public bool IsSpent(SiteLimits limits) =>
        Transactions >= Math.Min(limits.MaxMessagesPerConnection.Value, Session.Extensions.MaxTransactions ?? int.MaxValue);

    /// <summary>Protocol and cipher for events; null in clear.</summary>
    public string? TlsText => Session.Tls is { } tls ? $"{tls.Protocol} {tls.CipherSuite} {(tls.IsVerified ? "verified" : "unverified")}" : null;
}
