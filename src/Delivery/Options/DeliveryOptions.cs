using System.Collections.ObjectModel;
using System.Net;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Everything delivery is told from outside; validated by who builds it.</summary>
/// <remarks>Immutable but for <see cref="TakeOver"/>: what that exchanges is read anew at each use and never kept.</remarks>
public sealed record DeliveryOptions
{
    /// <summary>Name of what is said of all sites.</summary>
    public const string EverySite = "*";

    private static readonly SiteOptions Nothing = new();

    private volatile DeliverySettings _settings = new();

    /// <summary>Our own name: default EHLO name, reporting host, and the name that is dropped from MX sets (RFC 5321 §5.1). A-label.</summary>
    public required string Hostname { get; init; }

    /// <summary>Further names of this host that must not be delivered to by MX.</summary>
    public IReadOnlyList<string> OwnNames { get; init; } = [];

    /// <summary>Public addresses that lead to this host by way of a translation (NAT), whatever the port.</summary>
    public IReadOnlyList<IPAddress> OwnAddresses { get; init; } = [];

    /// <summary>Where this host itself takes mail: never dialled by MX.</summary>
    public IReadOnlyList<IPEndPoint> Listeners { get; init; } = [];

    /// <summary>Port of MX hosts; 25 outside of test set-ups.</summary>
    public int Port { get; init; } = 25;

    public RetrySchedule Retry
    {
        get => _settings.Retry;
        init => _settings = _settings with { Retry = value };
    }

    /// <summary>For broadcast mail; null: as <see cref="Retry"/>.</summary>
    public RetrySchedule? RetryBroadcast
    {
        get => _settings.RetryBroadcast;
        init => _settings = _settings with { RetryBroadcast = value };
    }

    /// <summary>Leased tasks in memory, at most.</summary>
    public int WindowTasks { get; init; } = 10_000;

    /// <summary>Content of leased tasks in memory, at most, in octets.</summary>
    public long WindowBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Open connections over all sites: 500 stays well below the usual limit of 1,024 descriptors.</summary>
    public int MaxConnections
    {
        get => _settings.MaxConnections;
        init => _settings = _settings with { MaxConnections = value };
    }

    /// <summary>What is said of all sites: wins over what is known of providers.</summary>
    public SiteOptions AnySite => Sites.GetValueOrDefault(EverySite) ?? Nothing;

    /// <summary>Large receivers and the meaning of replies.</summary>
    public ShapingOptions Shaping
    {
        get => _settings.Shaping;
        init => _settings = _settings with { Shaping = value };
    }

    /// <summary>Sources that are being warmed up.</summary>
    public IReadOnlyList<WarmupOptions> Warmup { get; init; } = [];

    /// <summary>What holds where nothing else is said.</summary>
    public SiteOptions SiteDefaults
    {
        get => _settings.SiteDefaults;
        init => _settings = _settings with { SiteDefaults = value };
    }

    /// <summary>Overrides by site name or recipient domain, a domain's wins over its site's; <see cref="EverySite"/> is said of all. May be exchanged while delivery runs.</summary>
    public IReadOnlyDictionary<string, SiteOptions> Sites { get; init; } = new Dictionary<string, SiteOptions>();

    /// <summary>Next hops by recipient domain (A-label), parent domain as <c>.example.com</c>, or <c>*</c>.</summary>
    public IReadOnlyDictionary<string, RouteOptions> Routes { get; init; } = new Dictionary<string, RouteOptions>();

    /// <summary>Asked in this order before <see cref="Routes"/>; the first whose conditions all hold decides.</summary>
    public IReadOnlyList<RuleOptions> Rules { get; init; } = [];

    /// <summary>Nothing leaves: every route becomes capture, except the simulator.</summary>
    public bool Sandbox { get; init; }

    /// <summary>Named local addresses; empty means the address the system chooses.</summary>
    public IReadOnlyDictionary<string, EgressSourceOptions> Sources { get; init; } = new Dictionary<string, EgressSourceOptions>();

    /// <summary>Weights by source name, by pool name.</summary>
    public IReadOnlyDictionary<string, IReadOnlyDictionary<string, int>> Pools { get; init; } =
        new Dictionary<string, IReadOnlyDictionary<string, int>>();

    /// <summary>Limits by what they are counted for, then by its name; <c>*</c> is each that has no entry of its own.</summary>
    public IReadOnlyDictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>> Limits { get; init; } =
        new Dictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>>();

    /// <summary>Pool used where a site names none; null means all sources with equal weight.</summary>
    public string? DefaultPool { get; init; }

    /// <summary>An open connection without work is closed after this time.</summary>
    public TimeSpan IdleTimeout
    {
        get => _settings.IdleTimeout;
        init => _settings = _settings with { IdleTimeout = value };
    }

    public SmtpClientTimeouts Timeouts
    {
        get => _settings.Timeouts;
        init => _settings = _settings with { Timeouts = value };
    }

    /// <summary>Return paths of our own where the sender's domain has a bounce host.</summary>
    public bool UseReturnPaths { get; init; } = true;

    /// <summary>Domain whose keys sign beside those of From, and alone where From has none; null: none does.</summary>
    public Mail.DomainName? Cosigner { get; init; }

    /// <summary>BDAT instead of DATA where the peer offers CHUNKING.</summary>
    public bool UseChunking
    {
        get => _settings.UseChunking;
        init => _settings = _settings with { UseChunking = value };
    }

    /// <summary>MTA-STS policies of recipient domains are asked for and obeyed.</summary>
    public bool UseMtaSts
    {
        get => _settings.UseMtaSts;
        init => _settings = _settings with { UseMtaSts = value };
    }

    /// <summary>TLSA records of mail hosts are asked for and obeyed, where a resolver that is believed validates them.</summary>
    public bool UseDane
    {
        get => _settings.UseDane;
        init => _settings = _settings with { UseDane = value };
    }

    /// <summary>What becomes of mail whose connection was lost behind the final dot.</summary>
    public UnknownOutcome OnUnknown
    {
        get => _settings.OnUnknown;
        init => _settings = _settings with { OnUnknown = value };
    }

    /// <summary>False on hosts without IPv6: AAAA addresses are not dialled.</summary>
    public bool Ipv6 { get; init; } = true;

    /// <summary>How long transactions in flight may go on after stop.</summary>
    public TimeSpan StopGrace { get; init; } = TimeSpan.FromSeconds(20);

    public SuspensionOptions Suspension
    {
        get => _settings.Suspension;
        init => _settings = _settings with { Suspension = value };
    }

    public ReportOptions Reports { get; init; } = new();

    /// <summary>
    /// Retry schedules, defaults of sites, connections, timeouts, TLS lookups, chunking, unknown outcomes, probes and learning are those of
    /// <paramref name="next"/> from here on, all at once; the rest of it is not looked at. Thread safe.
    /// </summary>
    public void TakeOver(DeliveryOptions next) =>
        _settings = next._settings with { Shaping = _settings.Shaping with { Learning = next.Shaping.Learning } };
}

/// <summary>Limits and rules of one site; null means by the next level.</summary>
public sealed record SiteOptions
{
    /// <summary>What the built-in level says. 20 connections is what large receivers accept from an unknown sender.</summary>
    public static readonly SiteOptions Default = new()
    {
        MaxConnections = 20,
        MaxMessagesPerConnection = 100,
        MaxRecipientsPerTransaction = 100,
        Tls = DeliveryTlsMode.Opportunistic,
    };

    /// <summary>Connections at once on one path, 1 or more.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Transactions started on one path, for example 20 a second and 5,000 a day.</summary>
    public MessageRates? MessageRate { get; init; }

    /// <summary>When mail deferred there is tried again; null: as its stream says.</summary>
    public RetrySchedule? Retry { get; init; }

    /// <summary>Octets of content sent on one path.</summary>
    public ByteRate? ByteRate { get; init; }

    public int? MaxMessagesPerConnection { get; init; }

    /// <summary>RFC 5321 §4.5.3.1.8: a receiver must accept 100.</summary>
    public int? MaxRecipientsPerTransaction { get; init; }

    public DeliveryTlsMode? Tls { get; init; }

    public int? Port { get; init; }

    /// <summary>Egress pool by name.</summary>
    public string? Pool { get; init; }

    /// <summary>What differs from one egress source, by its name: connections, rates, messages and recipients.</summary>
    public IReadOnlyDictionary<string, SiteOptions> Sources { get; init; } = ReadOnlyDictionary<string, SiteOptions>.Empty;
}

/// <summary>What to do when nobody can tell whether the peer has taken the message (RFC 5321 §6.1, RFC 1047).</summary>
public enum UnknownOutcome
{
    /// <summary>Try again: a duplicate is possible, a loss is not.</summary>
    Retry,

    /// <summary>Hold until an operator decides: neither a duplicate nor a loss happens by itself.</summary>
    Hold,
}

/// <summary>How TLS is used towards a next hop.</summary>
public enum DeliveryTlsMode
{
    /// <summary>STARTTLS where offered, any certificate, in clear where the handshake fails (RFC 7435).</summary>
    Opportunistic,

    /// <summary>STARTTLS with a certificate that verifies, or no delivery.</summary>
    Required,

    /// <summary>Never.</summary>
    None,

    /// <summary>TLS before the greeting with a certificate that verifies (RFC 8314 §3.3); for smarthosts.</summary>
    Implicit,
}

/// <summary>A local address to send from.</summary>
public sealed record EgressSourceOptions
{
    public IPAddress? Ipv4 { get; init; }

    public IPAddress? Ipv6 { get; init; }

    /// <summary>Null: the host name. Should be what the address's PTR record says.</summary>
    public string? EhloName { get; init; }

    /// <summary>The lower of this and what the site says holds; null: what the site says.</summary>
    public int? MaxMessagesPerConnection { get; init; }
}

public sealed record SuspensionOptions
{
    /// <summary>Connection failures in a row that suspend a path.</summary>
    public int Failures { get; init; } = 5;

    /// <summary>The first suspension; doubled each time the probe fails, up to <see cref="Longest"/>.</summary>
    public TimeSpan First { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>One connection a minute asks a dead site whether it is back.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(1);
}

/// <summary>What a report returns of the message where the sender did not say (RET, RFC 3461 §4.3).</summary>
public enum ReportContent
{
    /// <summary>The whole message when it is small, else its headers.</summary>
    Auto,
    Headers,
    Full,
}

public sealed record ReportOptions
{
    /// <summary>Mailbox in From; null: <c>postmaster@hostname</c>.</summary>
    public string? From { get; init; }

    public ReportContent Include { get; init; } = ReportContent.Auto;

    /// <summary>The words for people.</summary>
    public Mail.ReportTexts Texts { get; init; } = Mail.ReportTexts.English;

    /// <summary>Age at which a sender is told once that a recipient still waits (RFC 3461 §4.1, RFC 3464 §2.3.3); zero: never.</summary>
    public TimeSpan DelayWarning { get; init; } = TimeSpan.FromHours(4);

    /// <summary>Reports sent in each period; failures beyond it are only recorded. A flood of failures must not become a flood of reports.</summary>
    public MessageRate Rate { get; init; } = new(1000, TimeSpan.FromHours(1));

    /// <summary>With <see cref="ReportContent.Auto"/>: messages up to this size are returned whole.</summary>
    public long AutoFullBytes { get; init; } = 32 * 1024;

    /// <summary>Larger messages are never returned whole, whatever the sender asked for.</summary>
    public long MaxFullBytes { get; init; } = 256 * 1024;
}
