using System.Net;
using Relay.Mail;

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

    /// <summary>Further names of this host: an MX that names one leads back here (RFC 5321 §5.1). Default none; <c>hostname</c> always counts.</summary>
    [Setting]
    public IReadOnlyList<DomainName> OwnNames { get; init; } = [];

    /// <summary>Public addresses that reach this host through a translation (NAT), treated as <c>own_names</c>. Default none: listeners are known by themselves.</summary>
    [Setting]
    public IReadOnlyList<IPAddress> OwnAddresses { get; init; } = [];

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

    /// <summary>Whether content goes by BDAT where the peer offers CHUNKING (RFC 3030). Default true: no octet needs escaping, and no two hosts can disagree about the end.</summary>
    [Setting]
    public bool Chunking { get; init; } = true;

    /// <summary>Whether policies that recipient domains publish with MTA-STS are obeyed (RFC 8461). Default true: nobody is asked for more than they promise.</summary>
    [Setting]
    public bool MtaSts { get; init; } = true;

    /// <summary>Whether TLSA records of mail hosts are obeyed (RFC 7672), as far as <c>dns.trust_ad</c> believes the answers. Default true: what DNSSEC proves is stronger than any list of authorities.</summary>
    [Setting]
    public bool Dane { get; init; } = true;

    /// <summary>What becomes of mail whose connection was lost behind the final dot, so that the peer may have it. Default retry: a duplicate is possible, a loss is not (RFC 5321 §6.1).</summary>
    [Setting]
    public UnknownHandling OnUnknown { get; init; } = UnknownHandling.Retry;

    /// <summary>What is known of large receivers: their limits, and what their replies ask for (docs/shaping.md). Default shipped, as <c>relay shaping show</c> prints it; a file takes its place, none keeps only the names.</summary>
    [Setting(Hint = "shipped, none, or a file")]
    public string Presets { get; init; } = PresetsLoader.Shipped;

    /// <summary>Whether connections and rate of each path follow the replies that ask for less. Default true: what a receiver bears is rarely published, and changes.</summary>
    [Setting]
    public bool Learning { get; init; } = true;

    /// <summary>How often a site that does not answer is asked, by one connection, whether it is back; then its deferred mail is due at once. Default 60s: soon enough for those who wait, and no burden to anybody.</summary>
    [Setting(Min = "1s", Max = "1h")]
    public TimeSpan ProbeInterval { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// Whether it is noted on disk, before the final dot, who is being handed over, and what the peer answered: after a crash only recipients
    /// without an answer are in doubt. Default on: it costs one small write shared by all connections (docs/performance.md).
    /// </summary>
    [Setting]
    public Switch HandoffJournal { get; init; } = Switch.On;

    public required DeliveryTimeoutsSection Timeouts { get; init; }
}

/// <summary><c>[delivery.timeouts]</c>: how long each step of a conversation may take. Defaults are the minima of RFC 5321 §4.5.3.2.</summary>
internal sealed class DeliveryTimeoutsSection
{
    /// <summary>The greeting. Default 5m: hosts greet late on purpose, or while they look us up.</summary>
    [Setting(Min = "1s", Max = "30m")]
    public TimeSpan Greeting { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The replies to EHLO, STARTTLS and AUTH. Default 5m, as for other commands.</summary>
    [Setting(Min = "1s", Max = "30m")]
    public TimeSpan Hello { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>A TLS handshake. Default 1m: what takes longer is broken, and one more try follows with TLS 1.2 alone.</summary>
    [Setting(Min = "1s", Max = "10m")]
    public TimeSpan Tls { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The reply to MAIL. Default 5m (RFC 5321 §4.5.3.2.2).</summary>
    [Setting(Min = "1s", Max = "30m")]
    public TimeSpan Mail { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The reply to each RCPT. Default 5m (RFC 5321 §4.5.3.2.3).</summary>
    [Setting(Min = "1s", Max = "30m")]
    public TimeSpan Recipient { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The reply to DATA. Default 2m (RFC 5321 §4.5.3.2.4).</summary>
    [Setting(Min = "1s", Max = "30m")]
    public TimeSpan Data { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Each block of content. Default 3m (RFC 5321 §4.5.3.2.5).</summary>
    [Setting(Min = "1s", Max = "30m")]
    public TimeSpan Block { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>The reply to the final dot. Default 10m: giving up earlier makes duplicates (RFC 5321 §4.5.3.2.6).</summary>
    [Setting(Min = "1s", Max = "1h")]
    public TimeSpan FinalDot { get; init; } = TimeSpan.FromMinutes(10);
}

internal enum Switch
{
    On,
    Off,
}

internal enum UnknownHandling
{
    /// <summary>Tried again by the schedule.</summary>
    Retry,

    /// <summary>Held until an operator releases or cancels it.</summary>
    Hold,
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
