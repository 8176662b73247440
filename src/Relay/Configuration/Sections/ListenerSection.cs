using System.Net;
using Relay.Smtp.Server;

namespace Relay;

/// <summary><c>[listener.NAME]</c>: one endpoint that accepts SMTP.</summary>
internal sealed class ListenerSection
{
    /// <summary>Address and port. Default 127.0.0.1:2525: reachable by this machine only, and above 1024 so that no rights are needed.</summary>
    [Setting]
    public IPEndPoint Endpoint { get; init; } = new(IPAddress.Loopback, 2525);

    /// <summary>Path of a Unix socket instead of <c>endpoint</c>; its folder says who may use it, as from loopback. Default: none.</summary>
    [Setting(IsPath = true, Shown = "none")]
    public string? Socket { get; init; }

    /// <summary>Networks of proxies that must begin with a header of the PROXY protocol, version 1 or 2. Default: none; others are never believed one.</summary>
    [Setting]
    public IReadOnlyList<IPNetwork> ProxyNetworks { get; init; } = [];

    /// <summary>Default starttls: who can, encrypts; without a certificate a self-signed one is made in <c>data</c>.</summary>
    [Setting]
    public SmtpTlsMode Tls { get; init; } = SmtpTlsMode.StartTls;

    /// <summary>Default required, so that a listener opened to the world is no open relay.</summary>
    [Setting]
    public ListenerAuthentication Auth { get; init; } = ListenerAuthentication.Required;

    /// <summary>Ask clients for a certificate, which can stand for a login ('relay user certify'). Default off; require ends handshakes without one.</summary>
    [Setting]
    public ClientCertificateMode ClientCertificates { get; init; } = ClientCertificateMode.Off;

    /// <summary>PEM file of issuers whose certificates count by their subject; all others count by fingerprint only. Default: none.</summary>
    [Setting(IsPath = true, Shown = "none")]
    public string? ClientIssuers { get; init; }

    /// <summary>Networks that may relay without AUTH. Default loopback: applications of this machine; empty it behind a local proxy.</summary>
    [Setting]
    public IReadOnlyList<IPNetwork> RelayNetworks { get; init; } = [IPNetwork.Parse("127.0.0.0/8"), IPNetwork.Parse("::1/128")];

    /// <summary>Obey X-Relay-Tag, X-Relay-Stream, X-Relay-Schedule and Idempotency-Key of clients that may relay. Default true: SMTP then has what HTTP has.</summary>
    [Setting]
    public bool SubmissionHeaders { get; init; } = true;

    /// <summary>Complete, clean and check messages as <c>[submission]</c> says. Default true; false for a listener on which other servers relay finished mail.</summary>
    [Setting]
    public bool FixUps { get; init; } = true;

    /// <summary>CR or LF alone in content. Default refuse, for such mail can smuggle a second one past other servers; convert makes CRLF of it, for old devices.</summary>
    [Setting]
    public BareLineEndings BareLineEndings { get; init; } = BareLineEndings.Refuse;

    /// <summary>Take recipients such as user@[192.0.2.1]. Default false: hardly anybody but abusers sends to addresses.</summary>
    [Setting]
    public bool AddressLiterals { get; init; }

    /// <summary>Octets of content, announced with SIZE (RFC 1870). Default 25MiB, what the large receivers take; 64 KiB must be taken (RFC 5321 §4.5.3.1.7).</summary>
    [Setting(Min = "64KiB", Max = "1GiB")]
    public ByteSize MaxMessageSize { get; init; } = ByteSize.FromMiB(25);

    /// <summary>Recipients of one transaction, announced with LIMITS (RFC 9422). Default 100, what every server must take (RFC 5321 §4.5.3.1.8).</summary>
    [Setting(Min = "100", Max = "50000")]
    public int MaxRecipients { get; init; } = 100;

    /// <summary>Longest time a client may ask to hold a message with HOLDFOR or HOLDUNTIL (RFC 4865). Default 30d; "0" does not offer it.</summary>
    [Setting(Min = "0", Max = "365d")]
    public TimeSpan MaxHold { get; init; } = TimeSpan.FromDays(30);

    /// <summary>Offer REQUIRETLS (RFC 8689) under TLS. Default false: such mail bounces where a later host cannot do the same, which few can.</summary>
    [Setting]
    public bool Requiretls { get; init; }

    /// <summary>Open connections. Default 2000: more than applications open, and little memory.</summary>
    [Setting(Min = "1", Max = "100000")]
    public int MaxConnections { get; init; } = 2000;

    /// <summary>Open connections of one address, of IPv6 one /64. Default 200: a busy application fits, a runaway one does not take all.</summary>
    [Setting(Min = "1", Max = "100000")]
    public int MaxConnectionsPerAddress { get; init; } = 200;

    /// <summary>Open connections of one network, IPv4 /24 or IPv6 /48. Default 500: a whole network does not take all.</summary>
    [Setting(Min = "1", Max = "100000")]
    public int MaxConnectionsPerNetwork { get; init; } = 500;

    /// <summary>Wait before the greeting; who speaks first is refused. Default "2s" on port 25, "0" elsewhere: only there strangers call.</summary>
    [Setting(Min = "0", Max = "30s", Shown = "2s on port 25, else 0")]
    public TimeSpan? GreetingDelay { get; init; }

    /// <summary>Slowest content, in octets per second, measured over data_timeout (half a minute at least). Default 240B, an old modem; "0" for no minimum.</summary>
    [Setting(Min = "0", Max = "1MiB")]
    public ByteSize MinDataRate { get; init; } = new(240);

    /// <summary>Life of a connection. Default 2h: long enough for a queue of mail, and the end of those that only stay.</summary>
    [Setting(Min = "1m", Max = "1d")]
    public TimeSpan ConnectionDeadline { get; init; } = TimeSpan.FromHours(2);

    /// <summary>Messages on one connection, announced with LIMITS (RFC 9422). Default 10000.</summary>
    [Setting(Min = "1", Max = "1000000")]
    public int MaxTransactions { get; init; } = 10_000;

    /// <summary>Refused commands before 421, but for recipients of those who may relay. Default 20: strangers with a bad list of recipients get through, noise does not.</summary>
    [Setting(Min = "1", Max = "1000")]
    public int MaxErrors { get; init; } = 20;

    /// <summary>Wait for the next command. Default 5m (RFC 5321 §4.5.3.2.7).</summary>
    [Setting(Min = "1s", Max = "1h")]
    public TimeSpan CommandTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Longest silence inside DATA. Default 3m (RFC 5321 §4.5.3.2.5).</summary>
    [Setting(Min = "1s", Max = "1h")]
    public TimeSpan DataTimeout { get; init; } = TimeSpan.FromMinutes(3);

    /// <summary>Where clients find it: the path of the socket, or address and port.</summary>
    public string Place => Socket ?? Endpoint.ToString();
}

internal enum BareLineEndings
{
    Refuse,

    Convert,
}

internal enum ClientCertificateMode
{
    Off,

    /// <summary>Asked for; who has none goes on without.</summary>
    Request,

    /// <summary>A handshake without one fails.</summary>
    Require,
}

internal enum ListenerAuthentication
{
    /// <summary>No mail before AUTH, but for <c>relay_networks</c>.</summary>
    Required,

    /// <summary>AUTH is offered; without it a session may do what the policy allows to anybody.</summary>
    Optional,

    /// <summary>AUTH is not offered.</summary>
    None,
}
