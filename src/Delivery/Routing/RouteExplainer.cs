using System.Globalization;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Asks the same parts that delivery asks, in the same order, and writes down what they say.</summary>
internal sealed class RouteExplainer(
    DeliveryOptions options, RouteRules rules, RouteResolver routes, EgressPools pools, SourceMonitor sources, FamilyMemory families, Random random) : IRouteExplainer
{
    private readonly LimitTable _limits = new(options.Limits);

    public async ValueTask<RouteExplanation> ExplainAsync(RouteQuestion question, CancellationToken cancellationToken)
    {
        var domain = question.Recipient.DomainText;
        var facts = new RuleFacts(question.Sender?.DomainText, domain, question.User, question.Tags, question.AccountId, question.Stream);
        var asked = question.QueueKey is null ? Asked(facts) : [];
        var key = question.QueueKey ?? new RouteKey(domain, asked.Find(v => v.Mismatch is null)?.Rule.Name).ToString();
        var route = await routes.ResolveAsync(key, cancellationToken);
        var pool = pools.Find(route.Site.Limits.Pool.Value);
        var usesSource = route.IsRemote && !route.Hosts.All(h => h.SocketPath is not null);
        return new RouteExplanation
        {
            QueueKey = key,
            Rules = [.. asked.Select(v => new RuleExplanation(v.Rule.Name, v.Mismatch))],
            Kind = route.Kind,
            Decision = route.Origin,
            Failure = route.Failure?.Text,
            FailureStatus = route.Failure?.Status.ToString(),
            Site = route.Site.Name,
            Hosts = [.. route.Findings.Select(f => Describe(f, route))],
            DialOrder = route.IsRemote ? DialOrder(route, pool) : [],
            Pool = usesSource ? pool.Name : null,
            Sources = usesSource ? [.. pool.Weights.Select(s => Describe(s.Source, s.Weight))] : [],
            Limits = route.IsRemote ? [.. LimitsOf(route.Site, pool), .. SharedLimits(question, key, route.Site, pool)] : [],
            Preset = route.Site.Provider is { } preset ? new PresetExplanation(preset.Name, preset.Title, preset.Source, preset.Checked) : null,
            Tls = route.IsRemote ? Describe(route.Site.Limits.Tls.Value) : null,
            TlsOrigin = route.IsRemote ? route.Site.Limits.Tls.Origin : null,
            Login = route.Login?.Login,
            Fallback = route.Fallback?.Origin,
            FallbackAfter = route.Fallback is null ? null : route.FallbackAfter,
        };
    }

    private List<RuleVerdict> Asked(RuleFacts facts)
    {
        var asked = new List<RuleVerdict>();
        foreach (var verdict in rules.Verdicts(facts))
        {
            asked.Add(verdict);
            if (verdict.Mismatch is null)
            {
                break;
            }
        }

        return asked;
    }

    private List<string> DialOrder(Route route, EgressPool pool) =>
    [
        .. DialPlan.For(route, pool.Sources.First(), new DialExclusions(), families, random)
            .Select(t => t.Address is null ? t.AddressText : $"{t.Host.Name} [{t.AddressText}] port {t.Port}"),
    ];

    private static HostExplanation Describe(HostFinding finding, Route route)
    {
        var used = route.Hosts.FirstOrDefault(h => h.Name == finding.Name);
        return new HostExplanation(
            finding.Name,
            finding.Preference,
            used is { IsConfigured: true } ? used.Weight : null,
            used is null ? null : used.Port ?? route.Site.Limits.Port.Value,
            finding.Problem,
            [.. finding.Addresses.Select(a => new AddressExplanation(a.Address.ToString(), a.Refusal))]);
    }

    private SourceExplanation Describe(EgressSource source, int weight) =>
        new(source.Name, source.AddressTexts, source.EhloName, weight, sources.StateOf(source).Reason ?? "ready");

    /// <summary>What holds from every source, and behind it what differs from some.</summary>
    private static List<LimitExplanation> LimitsOf(Site site, EgressPool pool)
    {
        var all = LimitsOf(site.Limits);
        foreach (var source in pool.Sources.Where(s => site.BySource.ContainsKey(s.Name)).DistinctBy(s => s.Name))
        {
            all.AddRange(LimitsOf(site.LimitsOf(source.Name)).Where(own => !all.Contains(own)).Select(own => own with { Name = $"{own.Name} from {source.Name}" }));
        }

        return all;
    }

    /// <summary>Limits counted over sites and sources: those of whose mail it is and where it goes.</summary>
    private IEnumerable<LimitExplanation> SharedLimits(RouteQuestion question, string key, Site site, EgressPool pool)
    {
        var flow = new QueueFlow(question.AccountId, question.User, question.Stream, question.Tags.Count > 0 ? question.Tags[0] : null);
        var ofSite = _limits.Find(LimitScope.Site, site.Name);
        var ofSources = pool.Sources.DistinctBy(source => source.Name).Select(source => _limits.Find(LimitScope.Source, source.Name));
        return _limits.OfFlow(flow, RouteKey.Parse(key).Destination)
            .Concat(ofSources.Prepend(ofSite).Where(limit => limit is not null).Select(limit => limit!.Value))
            .SelectMany(SharedLimits);
    }

    private static IEnumerable<LimitExplanation> SharedLimits(ConfiguredLimit limit)
    {
        var set = limit.Options;
        (string Key, string? Value)[] values =
        [
            ("max_connections", Text(set.MaxConnections)),
            ("message_rate", set.MessageRate?.ToString()),
            ("byte_rate", set.ByteRate?.ToString()),
            ("max_messages_per_connection", Text(set.MaxMessagesPerConnection)),
            ("max_recipients_per_transaction", Text(set.MaxRecipientsPerTransaction)),
        ];
        var owner = $"{limit.Scope.ToString().ToLowerInvariant()} {limit.Name}";
        return values.Where(v => v.Value is not null).Select(v => new LimitExplanation($"{v.Key} of {owner}", v.Value!, limit.Origin));
    }

    private static string? Text(int? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static List<LimitExplanation> LimitsOf(SiteLimits limits) =>
    [
        new("max_connections", limits.MaxConnections.Value.ToString(CultureInfo.InvariantCulture), limits.MaxConnections.Origin),
        new("message_rate", limits.MessageRate.Value?.ToString() ?? "none", limits.MessageRate.Origin),
        new("byte_rate", limits.ByteRate.Value?.ToString() ?? "none", limits.ByteRate.Origin),
        new("max_messages_per_connection", limits.MaxMessagesPerConnection.Value.ToString(CultureInfo.InvariantCulture), limits.MaxMessagesPerConnection.Origin),
        new("max_recipients_per_transaction", limits.MaxRecipientsPerTransaction.Value.ToString(CultureInfo.InvariantCulture), limits.MaxRecipientsPerTransaction.Origin),
        new("port", limits.Port.Value.ToString(CultureInfo.InvariantCulture), limits.Port.Origin),
    ];

    private static string Describe(DeliveryTlsMode mode) => mode switch
    {
        DeliveryTlsMode.Required => "required, certificate verified",
        DeliveryTlsMode.Implicit => "from the first byte, certificate verified",
        DeliveryTlsMode.None => "none",
        _ => "opportunistic, certificate not verified",
    };
}
