using System.Globalization;
using Relay.Queue;

namespace Relay.Delivery;

/// <param name="Origin">Where it was set: <c>limits.account."7"</c>.</param>
internal readonly record struct ConfiguredLimit(LimitScope Scope, string Name, string Origin, ThrottleOptions Options);

/// <summary>Which of the configured limits hold for whom: those of the name itself, else those of each name. The limits may be exchanged meanwhile.</summary>
internal sealed class LimitTable(IReadOnlyDictionary<LimitScope, IReadOnlyDictionary<string, ThrottleOptions>> limits)
{
    private const string Any = "*";

    private static readonly LimitScope[] OfFlows = [LimitScope.Account, LimitScope.User, LimitScope.Stream, LimitScope.Tag, LimitScope.Domain];

    /// <summary>False: no mail has a limit because of whose it is or which domain it goes to.</summary>
    public bool HasFlowLimits => Array.Exists(OfFlows, scope => limits.TryGetValue(scope, out var some) && some.Count > 0);

    /// <summary>Whatever limits mail of a flow to a domain, wherever it goes.</summary>
    public List<ConfiguredLimit> OfFlow(QueueFlow flow, string domain)
    {
        var found = new List<ConfiguredLimit>(5);
        Add(found, LimitScope.Account, flow.AccountId == 0 ? null : flow.AccountId.ToString(CultureInfo.InvariantCulture));
        Add(found, LimitScope.User, flow.User);
        Add(found, LimitScope.Stream, flow.Stream == MailStream.Broadcast ? "broadcast" : "transactional");
        Add(found, LimitScope.Tag, flow.Tag);
        Add(found, LimitScope.Domain, domain);
        return found;
    }

    public ConfiguredLimit? Find(LimitScope scope, string? name)
    {
        if (name is null || !limits.TryGetValue(scope, out var configured))
        {
            return null;
        }

        return configured.TryGetValue(name, out var own) ? new ConfiguredLimit(scope, name, OriginOf(scope, name), own)
            : configured.TryGetValue(Any, out var each) ? new ConfiguredLimit(scope, name, OriginOf(scope, Any), each)
            : null;
    }

    private void Add(List<ConfiguredLimit> found, LimitScope scope, string? name)
    {
        if (Find(scope, name) is { } limit)
        {
            found.Add(limit);
        }
    }

    private static string OriginOf(LimitScope scope, string name) =>
        scope == LimitScope.Source ? $"egress.source.{name}" : $"limits.{scope.ToString().ToLowerInvariant()}.\"{name}\"";
}
