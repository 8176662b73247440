using System.Net.Sockets;

namespace Relay.Delivery;

/// <summary>What one run does not dial again: hosts that had trouble of their own, and a family whose addresses were refused by policy.</summary>
internal sealed class DialExclusions
{
    private readonly HashSet<string> _hosts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Excluded hosts.</summary>
    public int Count => _hosts.Count;

    public bool IsEmpty => _hosts.Count == 0 && Family is null;

    /// <summary>The family a peer refused to talk to; null while none did.</summary>
    public AddressFamily? Family { get; set; }

    /// <summary>These and further hosts; this object stays as it is.</summary>
    public DialExclusions With(IEnumerable<string> hosts)
    {
        var all = new DialExclusions { Family = Family };
        all._hosts.UnionWith(_hosts);
        all._hosts.UnionWith(hosts);
        return all;
    }

    public void Add(string host) => _hosts.Add(host);

    public bool Contains(string host) => _hosts.Contains(host);

    public bool Excludes(RouteHost host, AddressFamily family) => Family == family || _hosts.Contains(host.Name);
}
