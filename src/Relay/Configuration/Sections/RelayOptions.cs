using Relay.Delivery;
using Relay.Mail;

namespace Relay;

/// <summary>All of relay.toml, bound and checked; it does not change while the program runs.</summary>
[NotInThisVersion("storage")]
internal sealed class RelayOptions
{
    /// <summary>Name in greetings, EHLO and trace headers. Default: the machine's name, because that is what a fresh host knows about itself.</summary>
    [Setting(Default = "{machine}", Shown = "the machine's name")]
    public required DomainName Hostname { get; init; }

    /// <summary>Folder of database, content, generated certificates and keys. Default "./data", so that a first run needs no rights.</summary>
    [Setting(IsPath = true)]
    public string Data { get; init; } = "./data";

    /// <summary>SMTP listeners by name. Without any there is one, <c>submission</c>, made of the defaults.</summary>
    [Named(NameKind.Plain, BuiltIn = "submission")]
    public required IReadOnlyDictionary<string, ListenerSection> Listener { get; init; }

    /// <summary>What differs for clients of some networks.</summary>
    [Named(NameKind.Plain)]
    public required IReadOnlyDictionary<string, NetworkSection> Network { get; init; }

    public required SubmissionSection Submission { get; init; }

    public required TlsSection Tls { get; init; }

    /// <summary>Further certificates, for clients that ask for one of their names.</summary>
    [Named(NameKind.Plain)]
    public required IReadOnlyDictionary<string, CertificateSection> Certificate { get; init; }

    public required DnsSection Dns { get; init; }

    public required QueueSection Queue { get; init; }

    public required RetrySection Retry { get; init; }

    public required DeliverySection Delivery { get; init; }

    /// <summary>Limits by site name (from its MX hosts) or by recipient domain; <c>"*"</c> holds what the others do not say.</summary>
    [Named(NameKind.DomainOrAny, BuiltIn = "*", IsAlwaysThere = true)]
    public required IReadOnlyDictionary<string, SiteSection> Site { get; init; }

    /// <summary>Where mail for a domain goes; <c>".example.com"</c> is all below it, <c>"*"</c> every other domain. A domain without route goes to its MX hosts.</summary>
    [Named(NameKind.DomainTreeOrAny)]
    public required IReadOnlyDictionary<string, RouteSection> Route { get; init; }

    /// <summary>Asked in the order of the file before the routes; the first whose conditions all hold decides.</summary>
    [Named(NameKind.Plain)]
    public required IReadOnlyDictionary<string, RuleSection> Rule { get; init; }

    public required StreamsSection Stream { get; init; }

    public required DkimSection Dkim { get; init; }

    public required BounceSection Bounce { get; init; }

    public required SuppressionSection Suppression { get; init; }

    public required ComplianceSection Compliance { get; init; }

    public required AbuseSection Abuse { get; init; }

    public required EgressSection Egress { get; init; }

    public required LimitsSection Limits { get; init; }

    /// <summary>Sources that are being warmed up.</summary>
    [Named(NameKind.Plain)]
    public required IReadOnlyDictionary<string, WarmupSection> Warmup { get; init; }

    public required AdminSection Admin { get; init; }

    public required ApiSection Api { get; init; }

    public required PublicSection Public { get; init; }

    public required CampaignsSection Campaigns { get; init; }

    public required RetentionSection Retention { get; init; }

    public required LocalSection Local { get; init; }

    /// <summary>Domains whose received mail is handed to a webhook.</summary>
    [Named(NameKind.Domain)]
    public required IReadOnlyDictionary<string, InboundSection> Inbound { get; init; }

    public required AlertSection Alert { get; init; }

    public required TelemetrySection Telemetry { get; init; }

    public required LogSection Log { get; init; }

    public required ServiceSection Service { get; init; }

    /// <summary>What the presets say that <c>delivery.presets</c> names.</summary>
    internal ShapingOptions Shaping { get; set; } = new();

    /// <summary>What <c>bounce.language</c> names.</summary>
    internal ReportTexts ReportTexts { get; set; } = ReportTexts.English;

    /// <summary>What <c>site."*"</c> says, and nothing else.</summary>
    public SiteSection AnySite => Site.GetValueOrDefault("*") ?? new SiteSection();

    /// <summary>What holds for a site of which nothing is said and nothing is known: <c>[delivery]</c> and the defaults, nothing left open.</summary>
    public SiteSection SiteDefaults => new()
    {
        MaxConnections = SiteSection.DefaultMaxConnections,
        MaxMessagesPerConnection = Delivery.MaxMessagesPerConnection,
        MaxRecipientsPerTransaction = SiteSection.DefaultMaxRecipients,
        Tls = Delivery.Tls,
        Port = Delivery.Port,
    };
}
