using Relay.Admin;
using Relay.Delivery;
using Relay.Mail;
using Relay.Platform;
using Relay.Queue;
using Relay.Senders;

namespace Relay;

/// <summary>
/// The settings that can change while the server runs: routes, rules, sites, limits, retries, most of delivery, domains whose mail is received, alerts,
/// how long things are kept, how much is logged.
/// </summary>
/// <remarks>Everything else is built into running parts at the start; a change of it is told to need a restart.</remarks>
internal sealed class LiveParts(RelayOptions first)
{
    private static readonly string[] LiveKeys =
    [
        "log.level", "service.watch_config", "retention.content_smtp", "retention.content_api", "retention.content_captured", "retention.conversations", "retention.events",
        "delivery.connect_timeout", "delivery.tls", "delivery.max_connections", "delivery.idle_connection_timeout", "delivery.max_messages_per_connection", "delivery.chunking",
        "delivery.mta_sts", "delivery.dane", "delivery.on_unknown", "delivery.learning", "delivery.probe_interval",
    ];

    private static readonly string[] LiveSections = ["retry.", "delivery.timeouts.", "inbound.", "alert."];

    // They name pools and sources: they wait for the restart when those change with them.
    private static readonly string[] SectionsThatNameEgress = ["route.", "rule.", "site.", "limits."];

    private volatile int _level = (int)first.Log.Level;
    private volatile bool _watchesFile = first.Service.WatchConfig;
    private volatile AlertOptions _alerts = first.ToAlerts();
    private LiveDictionary<string, RouteOptions>? _routes;
    private LiveList<RuleOptions>? _rules;
    private LiveDictionary<string, SiteOptions>? _sites;
    private LiveDictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>>? _limits;
    private LiveSet<DomainName>? _received;
    private LiveDictionary<string, ReceivedHook>? _hooks;
    private ReceivedDomains? _door;
    private DeliveryOptions? _delivery;
    private IntakeOptions? _intake;
    private PlatformOptions? _platform;

    /// <summary>Keys, and beginnings of keys that end in a dot, which take effect with a reload.</summary>
    public static IEnumerable<string> Keys => [.. LiveKeys, .. LiveSections, .. SectionsThatNameEgress];

    public LogVerbosity LogLevel => (LogVerbosity)_level;

    /// <summary>The configuration file is read again when it changes.</summary>
    public bool WatchesFile => _watchesFile;

    public RetentionOptions Retention { get; } = first.ToRetention();

    public DkimRotationOptions DkimRotation { get; } = first.ToDkimRotation();

    /// <summary>Who is told of alerts, and what raises them; to be asked anew at each look.</summary>
    public AlertOptions Alerts => _alerts;

    public static bool IsLive(string key, bool egressChanges) =>
        LiveKeys.Contains(key, StringComparer.Ordinal) || BeginsWith(LiveSections, key) || (!egressChanges && BeginsWith(SectionsThatNameEgress, key));

    /// <summary>The options delivery is built with; what can change of them exchangeable.</summary>
    public DeliveryOptions Of(DeliveryOptions options)
    {
        _routes = new(options.Routes);
        _rules = new(options.Rules);
        _sites = new(options.Sites);
        _limits = new(options.Limits);
        return _delivery = options with { Routes = _routes, Rules = _rules, Sites = _sites, Limits = _limits };
    }

    /// <summary>The options intake is built with; lives of mail and the domains whose mail is received exchangeable.</summary>
    public IntakeOptions Of(IntakeOptions options) => _intake = options with { ReceivedDomains = _received = new(options.ReceivedDomains) };

    /// <summary>The options the platform is built with; the life of mail and the webhooks of these domains exchangeable.</summary>
    public PlatformOptions Of(PlatformOptions options) => _platform = options with { Received = _hooks = new(options.Received) };

    /// <summary>What the listeners take for these domains.</summary>
    public ReceivedDomains Of(ReceivedDomains domains) => _door = domains;

    public void Apply(RelayOptions next, bool egressChanges)
    {
        _level = (int)next.Log.Level;
        _watchesFile = next.Service.WatchConfig;
        _alerts = _alerts.WithThresholdsOf(next.ToAlerts());
        ApplyRetention(next.ToRetention());
        ApplyLifetimes(next);
        ApplyInbound(next);
        ApplyDelivery(next.ToDelivery(isSandbox: false), egressChanges);
    }

    private static bool BeginsWith(string[] sections, string key) => Array.Exists(sections, section => key.StartsWith(section, StringComparison.Ordinal));

    private void ApplyRetention(RetentionOptions next)
    {
        Retention.Queue = next.Queue;
        Retention.Events = next.Events;
        Retention.Conversations = next.Conversations;
    }

    // Mail that is here already keeps the end it was given.
    private void ApplyLifetimes(RelayOptions next)
    {
        DkimRotation.PublishedAfterRetiring = next.ToDkimRotation().PublishedAfterRetiring;
        if (_intake is not null && next.ToIntake() is var intake)
        {
            _intake.ExpireAfter = intake.ExpireAfter;
            _intake.ExpireBroadcastAfter = intake.ExpireBroadcastAfter;
        }

        if (_platform is not null)
        {
            _platform.ExpireAfter = next.ToPlatform().ExpireAfter;
        }
    }

    // The webhook comes first: what the door takes must have a place to go.
    private void ApplyInbound(RelayOptions next)
    {
        _hooks?.Exchange(next.ToPlatform().Received);
        _received?.Exchange(next.ToIntake().ReceivedDomains);
        _door?.Exchange(next.ToReceivedDomains());
    }

    private void ApplyDelivery(DeliveryOptions next, bool egressChanges)
    {
        _delivery?.TakeOver(next);
        if (!egressChanges)
        {
            _routes?.Exchange(next.Routes);
            _rules?.Exchange(next.Rules);
            _sites?.Exchange(next.Sites);
            _limits?.Exchange(next.Limits);
        }
    }
}
