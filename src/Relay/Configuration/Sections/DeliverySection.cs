using System.Net;

namespace Relay;

/// <summary><c>[delivery]</c>: outgoing connections.</summary>
internal sealed class DeliverySection
{
    /// <summary>Port of MX hosts. Default 25 (RFC 5321 §4.5.4.2); another one serves tests.</summary>
    [Setting(Min = "1", Max = "65535")]
    public int Port { get; init; } = 25;

    /// <summary>Whether loopback, private and link-local addresses may be MX targets. Default false: a foreign DNS zone must not reach into the own network.</summary>
    [Setting]
    public bool AllowPrivateTargets { get; init; }

    /// <summary>Networks allowed although they are not public. Default none.</summary>
    [Setting]
    public IReadOnlyList<IPNetwork> AllowedNetworks { get; init; } = [];

    /// <summary>Wait for one connection. Default 30s, as other relays do: a dead host must not hold up the next one.</summary>
    [Setting(Min = "1s", Max = "5m")]
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Default opportunistic: encrypt with whoever can (RFC 7435), MTA-STS and DANE ask for more where they are published.</summary>
    [Setting]
    public DeliveryTls Tls { get; init; } = DeliveryTls.Opportunistic;

    /// <summary>Open connections to all sites together. Default 500: stays well below the usual 1024 file descriptors.</summary>
    [Setting(Min = "1", Max = "100000")]
    public int MaxConnections { get; init; } = 500;

    /// <summary>Whether AAAA records are used. Default true: most large receivers have them; turn it off where IPv6 has no reverse name.</summary>
    [Setting]
    public bool Ipv6 { get; init; } = true;

    /// <summary>How long an idle connection waits for another message. Default 10s: a handshake costs as much as thirty deliveries, and peers dislike idlers.</summary>
    [Setting(Min = "0", Max = "5m")]
    public TimeSpan IdleConnectionTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Messages on one connection, then a new one. Default 100: spreads load over the peer's hosts, and peers limit it too.</summary>
    [Setting(Min = "1", Max = "100000")]
    public int MaxMessagesPerConnection { get; init; } = 100;
}

internal enum DeliveryTls
{
    /// <summary>STARTTLS where offered, the certificate is not verified (RFC 7435).</summary>
    Opportunistic,

    /// <summary>No mail without TLS and a valid certificate.</summary>
    Required,

    /// <summary>STARTTLS is not used.</summary>
    None,
}
