using Relay.Delivery;
using Relay.Queue;

namespace Relay;

/// <summary>The settings that can change while the server runs: routes, rules, sites, limits, how long things are kept, how much is logged.</summary>
/// <remarks>Everything else is built into running parts at the start; a change of it is told to need a restart.</remarks>
internal sealed class LiveParts(RelayOptions first)
{
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

    /// <summary>The options delivery is built with; routes, rules, sites and limits exchangeable.</summary>
    public DeliveryOptions Of(DeliveryOptions options)
    {
        _routes = new(options.Routes);
        _rules = new(options.Rules);
        _sites = new(options.Sites);
        _limits = new(options.Limits);
        return options with { Routes = _routes, Rules = _rules, Sites = _sites, Limits = _limits };
    }

    /// <summary>Routes, rules and sites name pools and sources: they wait for the restart when those change with them, and so do limits.</summary>
    public static bool IsLive(string key, bool egressChanges) =>
        LiveKeys.Contains(key, StringComparer.Ordinal) || (!egressChanges && LiveSections.Any(section => key.StartsWith(section, StringComparison.Ordinal)));

    public void Apply(RelayOptions next, bool egressChanges)
    {
        _level = (int)next.Log.Level;
        _watchesFile = next.Service.WatchConfig;
        var retention = next.ToRetention();
        Retention.Queue = retention.Queue;
        Retention.Events = retention.Events;
        Retention.Conversations = retention.Conversations;
        if (!egressChanges)
        {
            var delivery = next.ToDelivery(isSandbox: false);
            _routes?.Exchange(delivery.Routes);
            _rules?.Exchange(delivery.Rules);
            _sites?.Exchange(next.ToSites(first.Retry));
            _limits?.Exchange(delivery.Limits);
        }
    }
}
