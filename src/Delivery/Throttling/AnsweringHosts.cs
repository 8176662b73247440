namespace Relay.Delivery;

/// <summary>Which hosts of a site answered lately. Bounded; guarded by the dispatcher's lock.</summary>
/// <remarks>
/// A site is a name that hosts share, and anybody's MX can name a host below it that takes no mail. So hosts that never answered do not
/// suspend a site of which others do.
/// </remarks>
internal sealed class AnsweringHosts
{
    private const int MaxHosts = 200;
    private static readonly TimeSpan Life = TimeSpan.FromDays(1);

    private readonly Dictionary<string, DateTimeOffset> _answered = new(StringComparer.OrdinalIgnoreCase);

    public void Add(string? host, DateTimeOffset now)
    {
        if (host is null)
        {
            return;
        }

        if (_answered.Count >= MaxHosts && !_answered.ContainsKey(host))
        {
            _answered.Remove(_answered.MinBy(answered => answered.Value).Key);
        }

        _answered[host] = now;
    }

    /// <summary>True when a failure tells something about the site: one of the hosts has answered lately, or none of the site's has.</summary>
    /// <param name="host">The host that failed; null: all of the route's.</param>
    public bool Concerns(string? host, Route? route, DateTimeOffset now)
    {
        var hosts = host is null ? route?.Hosts.Select(h => h.Name).ToList() ?? [] : [host];
        return hosts.Exists(name => _answered.TryGetValue(name, out var at) && now - at < Life)
            || !_answered.Values.Any(at => now - at < Life);
    }
}
