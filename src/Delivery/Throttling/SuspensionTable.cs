using System.Globalization;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What operators suspended. Guarded by the dispatcher's lock.</summary>
internal sealed class SuspensionTable
{
    private readonly Dictionary<(LimitScope Scope, string Name), OperatorSuspension> _entries = [];

    public IReadOnlyList<OperatorSuspension> Active(DateTimeOffset now) => [.. _entries.Values.Where(s => s.IsActive(now)).OrderBy(s => s.Id)];

    public void Set(OperatorSuspension suspension) => _entries[(suspension.Scope, Normal(suspension.Scope, suspension.Name))] = suspension;

    public OperatorSuspension? Remove(long id)
    {
        foreach (var (key, suspension) in _entries)
        {
            if (suspension.Id == id)
            {
                _entries.Remove(key);
                return suspension;
            }
        }

        return null;
    }

    /// <summary>Forgets what is over; true when there was something.</summary>
    public bool Expire(DateTimeOffset now)
    {
        if (_entries.Count == 0)
        {
            return false;
        }

        var over = _entries.Where(e => !e.Value.IsActive(now)).Select(e => e.Key).ToList();
        over.ForEach(key => _entries.Remove(key));
        return over.Count > 0;
    }

    /// <summary>What keeps mail of a flow to a domain from going anywhere; null when nothing does.</summary>
    public OperatorSuspension? OfFlow(QueueFlow flow, string domain, DateTimeOffset now) => _entries.Count == 0 ? null
        : Find(LimitScope.Account, flow.AccountId.ToString(CultureInfo.InvariantCulture), now)
        ?? Find(LimitScope.User, flow.User, now)
        ?? Find(LimitScope.Stream, flow.Stream == MailStream.Broadcast ? "broadcast" : "transactional", now)
        ?? Find(LimitScope.Tag, flow.Tag, now)
        ?? Find(LimitScope.Domain, domain, now);

    /// <summary>What keeps a path from being used; null when nothing does.</summary>
    public OperatorSuspension? OfPath(PathKey path, DateTimeOffset now) => _entries.Count == 0 ? null
        : Find(LimitScope.Site, path.Site, now) ?? Find(LimitScope.Source, path.Source, now);

    private OperatorSuspension? Find(LimitScope scope, string? name, DateTimeOffset now) =>
        name is not null && _entries.TryGetValue((scope, Normal(scope, name)), out var found) && found.IsActive(now) ? found : null;

    private static string Normal(LimitScope scope, string name) => scope is LimitScope.Domain or LimitScope.Site ? name.ToLowerInvariant() : name;
}
