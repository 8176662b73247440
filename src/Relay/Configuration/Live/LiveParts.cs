using Relay.Delivery;
using Relay.Mail;
using Relay.Platform;
using Relay.Queue;

namespace Relay;

/// <summary>The settings that can change while the server runs: routes, rules, sites, limits, domains whose mail is received, how long things are kept, how much is logged.</summary>
/// <remarks>Everything else is built into running parts at the start; a change of it is told to need a restart.</remarks>
internal sealed class LiveParts(RelayOptions first)
{
    private const string Inbound = "inbound.";

    private static readonly string[] LiveKeys =
    [
        "log.level", "service.watch_config", "retention.content_smtp", "retention.content_api", "retention.content_captured", "retention.conversations", "retention.events",
    ];

    private static readonly string[] LiveSections = ["route.", "rule.", "site.", "limits."];

    private volatile int _level = (int)first.Log.Level;
    private volatile bool _watchesFile = first.Service.WatchConfig;

    public LogVerbosity LogLevel => (LogVerbosity)_level;

    /// <summary>The configuration file is read again when it changes.</summary>
    public bool WatchesFile => _watchesFile;

    public RetentionOptions Retention { get; } = first.ToRetention();

    private LiveDictionary<string, RouteOptions>? _routes;
    private LiveList<RuleOptions>? _rules;
    private LiveDictionary<string, SiteOptions>? _sites;
    private LiveDictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>>? _limits;
    private LiveSet<DomainName>? _received;
    private LiveDictionary<string, ReceivedHook>? _hooks;
    private ReceivedDomains? _door;

    /// <summary>The options delivery is built with; routes, rules, sites and limits exchangeable.</summary>
    public DeliveryOptions Of(DeliveryOptions options)
    {
        _routes = new(options.Routes);
        _rules = new(options.Rules);
        _sites = new(options.Sites);
        _limits = new(options.Limits);
        return options with { Routes = _routes, Rules = _rules, Sites = _sites, Limits = _limits };
    }

    /// <summary>The options intake is built with; the domains whose mail is received exchangeable.</summary>
    public IntakeOptions Of(IntakeOptions options) => options with { ReceivedDomains = _received = new(options.ReceivedDomains) };

    /// <summary>The options the platform is built with; the webhooks of these domains exchangeable.</summary>
    public PlatformOptions Of(PlatformOptions options) => options with { Received = _hooks = new(options.Received) };

    /// <summary>What the listeners take for these domains.</summary>
    public ReceivedDomains Of(ReceivedDomains domains) => _door = domains;

    /// <summary>Routes, rules and sites name pools and sources: they wait for the restart when those change with them, and so do limits.</summary>
    public static bool IsLive(string key, bool egressChanges) =>
        LiveKeys.Contains(key, StringComparer.Ordinal)
        || key.StartsWith(Inbound, StringComparison.Ordinal)
        || (!egressChanges && LiveSections.Any(section => key.StartsWith(section, StringComparison.Ordinal)));

    public void Apply(RelayOptions next, bool egressChanges)
    {
        _level = (int)next.Log.Level;
        _watchesFile = next.Service.WatchConfig;
        var retention = next.ToRetention();
        Retention.Queue = retention.Queue;
        Retention.Events = retention.Events;
        Retention.Conversations = retention.Conversations;
        ApplyInbound(next);
        if (!egressChanges)
        {
            var delivery = next.ToDelivery(isSandbox: false);
            _routes?.Exchange(delivery.Routes);
            _rules?.Exchange(delivery.Rules);
            _sites?.Exchange(next.ToSites(first.Retry));
            _limits?.Exchange(delivery.Limits);
        }
    }

    // The webhook comes first: what the door takes must have a place to go.
    private void ApplyInbound(RelayOptions next)
    {
        _hooks?.Exchange(next.ToPlatform().Received);
        _received?.Exchange(next.ToIntake().ReceivedDomains);
        _door?.Exchange(next.ToReceivedDomains());
    }
}
