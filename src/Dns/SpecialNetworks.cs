using System.Net;
using System.Net.Sockets;

namespace Relay.Dns;

/// <summary>The special-purpose address registries (RFC 6890), as far as they are not globally reachable.</summary>
internal static class SpecialNetworks
{
    public static readonly IPNetwork SixToFour = IPNetwork.Parse("2002::/16");
    public static readonly IPNetwork Teredo = IPNetwork.Parse("2001::/32");

    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    /// <summary>Forms with an IPv4 address in their last 32 bits.</summary>
    private static readonly IPNetwork[] Ipv4AtTheEnd =
    [
        IPNetwork.Parse("::/96"),            // IPv4-compatible, RFC 4291 §2.5.5.1
        IPNetwork.Parse("::ffff:0:0/96"),    // IPv4-mapped, RFC 4291 §2.5.5.2
        IPNetwork.Parse("::ffff:0:0:0/96"),  // IPv4-translated, RFC 7915
        IPNetwork.Parse("64:ff9b::/96"),     // NAT64, RFC 6052 §2.1
    ];

    /// <summary>Nothing one host could be reached at, whatever the network. 0.0.0.0 and :: mean this host to many systems.</summary>
    private static readonly (IPNetwork Network, string Kind)[] NeverUnicast =
    [
        (IPNetwork.Parse("0.0.0.0/8"), "an unspecified address"),
        (IPNetwork.Parse("224.0.0.0/4"), "a multicast address"),
        (IPNetwork.Parse("255.255.255.255/32"), "the broadcast address"),
        (IPNetwork.Parse("::/128"), "an unspecified address"),
        (IPNetwork.Parse("ff00::/8"), "a multicast address"),
    ];

    private static readonly (IPNetwork Network, string Kind)[] NotPublic =
    [
        (IPNetwork.Parse("127.0.0.0/8"), "a loopback address"),
        (IPNetwork.Parse("10.0.0.0/8"), "a private address"),
        (IPNetwork.Parse("172.16.0.0/12"), "a private address"),
        (IPNetwork.Parse("192.168.0.0/16"), "a private address"),
        (IPNetwork.Parse("169.254.0.0/16"), "a link-local address"),
        (IPNetwork.Parse("100.64.0.0/10"), "a shared address of a carrier"),
        (IPNetwork.Parse("192.0.0.0/24"), "an address for protocol assignments"),
        (IPNetwork.Parse("192.0.2.0/24"), "a documentation address"),
        (IPNetwork.Parse("198.51.100.0/24"), "a documentation address"),
        (IPNetwork.Parse("203.0.113.0/24"), "a documentation address"),
        (IPNetwork.Parse("198.18.0.0/15"), "a benchmarking address"),
        (IPNetwork.Parse("192.88.99.0/24"), "a 6to4 relay address"),
        (IPNetwork.Parse("240.0.0.0/4"), "a reserved address"),
        (IPNetwork.Parse("::1/128"), "a loopback address"),
        (IPNetwork.Parse("fe80::/10"), "a link-local address"),
        (IPNetwork.Parse("fec0::/10"), "a site-local address"),
        (IPNetwork.Parse("fc00::/7"), "a unique local address"),
        (IPNetwork.Parse("64:ff9b:1::/48"), "a local NAT64 address"),
        (IPNetwork.Parse("100::/64"), "a discard address"),
        (IPNetwork.Parse("2001:2::/48"), "a benchmarking address"),
        (IPNetwork.Parse("2001:10::/28"), "an ORCHID, not an address to route to"),
        (IPNetwork.Parse("2001:20::/28"), "an ORCHID, not an address to route to"),
        (IPNetwork.Parse("2001:db8::/32"), "a documentation address"),
        (IPNetwork.Parse("3fff::/20"), "a documentation address"),
    ];

    public static string? FindNeverUnicast(IPAddress address) => Find(NeverUnicast, address);

    public static string? FindNotPublic(IPAddress address)
    {
        var isUnassigned = address.AddressFamily == AddressFamily.InterNetworkV6
            && !GlobalUnicast.Contains(address)
            && !IsIpv4AtTheEnd(address);
        return Find(NotPublic, address) ?? (isUnassigned ? "outside the global unicast range" : null);
    }

    public static bool IsIpv4AtTheEnd(IPAddress address)
    {
        foreach (var network in Ipv4AtTheEnd)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    private static string? Find((IPNetwork Network, string Kind)[] networks, IPAddress address)
    {
        foreach (var (network, kind) in networks)
        {
            if (network.Contains(address))
            {
                return kind;
            }
        }

        return null;
    }
}
