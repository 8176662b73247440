using Relay.Delivery;
using Relay.Queue;

namespace Relay;

/// <summary>The settings that can change while the server runs: routes, rules, how long things are kept, how much is logged.</summary>
/// <remarks>Everything else is built into running parts at the start; a change of it is told to need a restart.</remarks>
internal sealed class LiveParts(RelayOptions first)
{
    private static readonly string[] LiveKeys =
    [
        "log.level", "retention.content_smtp", "retention.content_api", "retention.content_captured", "retention.conversations", "retention.events",
    ];

    private volatile int _level = (int)first.Log.Level;

    public LogVerbosity LogLevel => (LogVerbosity)_level;

    public RetentionOptions Retention { get; } = first.ToRetention();

    private LiveDictionary<RouteOptions>? _routes;
    private LiveList<RuleOptions>? _rules;

    /// <summary>The options delivery is built with, routes and rules exchangeable.</summary>
    public DeliveryOptions Of(DeliveryOptions options)
    {
        _routes = new LiveDictionary<RouteOptions>(options.Routes);
        _rules = new LiveList<RuleOptions>(options.Rules);
        return options with { Routes = _routes, Rules = _rules };
    }

    /// <summary>Routes and rules name pools: they wait for the restart when those change with them.</summary>
    public static bool IsLive(string key, bool egressChanges) =>
        LiveKeys.Contains(key, StringComparer.Ordinal) || (!egressChanges && (key.StartsWith("route.", StringComparison.Ordinal) || key.StartsWith("rule.", StringComparison.Ordinal)));

    public void Apply(RelayOptions next, bool egressChanges)
    {
        _level = (int)next.Log.Level;
        var retention = next.ToRetention();
        Retention.Queue = retention.Queue;
        Retention.Events = retention.Events;
        Retention.Conversations = retention.Conversations;
        if (!egressChanges)
        {
            var delivery = next.ToDelivery(isSandbox: false);
            _routes?.Exchange(delivery.Routes);
            _rules?.Exchange(delivery.Rules);
        }
    }
}
