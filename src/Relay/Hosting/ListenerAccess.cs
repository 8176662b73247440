using System.Net;

namespace Relay;

/// <summary>Who has to log in at a listener, in words: what the start, the status and the page show.</summary>
internal static class ListenerAccess
{
    private const int NetworksShown = 3;

    /// <summary>Such as <c>required except from 127.0.0.0/8, 192.0.2.64/28 (not 127.0.0.9/32)</c>; of a socket what holds for this machine.</summary>
    public static string Describe(string name, RelayOptions options)
    {
        var listener = options.Listener[name];
        var peers = options.ToNetworks(name);
        if (listener.Auth == ListenerAuthentication.None || (listener.Socket is not null && IsFree(listener, peers, IPAddress.Loopback)))
        {
            return "none";
        }

        return (listener.Auth == ListenerAuthentication.Optional ? "optional, to relay required" : "required")
            + (listener.Socket is null ? Exceptions(listener, peers) : "")
            + (listener.ClientCertificates == ClientCertificateMode.Off ? "" : "; a client's certificate may stand for it");
    }

    private static bool IsFree(ListenerSection listener, IReadOnlyList<PeerNetwork> peers, IPAddress address) =>
        PeerNetwork.Find(peers, address)?.MayRelay ?? listener.RelayNetworks.Any(network => network.Contains(address));

    private static string Exceptions(ListenerSection listener, IReadOnlyList<PeerNetwork> peers)
    {
        var free = peers.Where(peer => peer.MayRelay == true).SelectMany(peer => peer.Networks).Concat(listener.RelayNetworks).Distinct().ToList();
        var bound = peers.Where(peer => peer.MayRelay == false).SelectMany(peer => peer.Networks).Where(network => free.Exists(other => Overlap(network, other))).ToList();
        return free.Count == 0 ? "" : $" except from {List(free)}{(bound.Count == 0 ? "" : $" (not {List(bound)})")}";
    }

    private static bool Overlap(IPNetwork one, IPNetwork other) => one.Contains(other.BaseAddress) || other.Contains(one.BaseAddress);

    private static string List(List<IPNetwork> networks) => networks.Count > NetworksShown ? $"{networks.Count} networks" : string.Join(", ", networks);
}
