using System.Net;
using System.Net.Sockets;

namespace Relay.Delivery;

/// <summary>A local address to send from, with the name said in EHLO.</summary>
/// <param name="Ipv4">Null: the system chooses.</param>
/// <param name="Ipv6">Null: the system chooses.</param>
internal sealed record EgressSource(string Name, IPAddress? Ipv4, IPAddress? Ipv6, string EhloName)
{
    /// <summary>The address the system chooses, under our host name.</summary>
    public static EgressSource SystemChosen(string hostname) => new("default", null, null, hostname);

    /// <summary>Those named; none when the system chooses.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; } = [.. new[] { Ipv4, Ipv6 }.OfType<IPAddress>()];

    public IReadOnlyList<string> AddressTexts => [.. Addresses.Select(a => a.ToString())];

    /// <summary>Local address to bind for a peer of this family; null means any.</summary>
    public IPAddress? LocalAddressFor(AddressFamily family) => family == AddressFamily.InterNetworkV6 ? Ipv6 : Ipv4;

    /// <summary>False when the source names addresses, but none of this family: sending by the system's choice would leave its reputation.</summary>
    public bool CanReach(AddressFamily family) => (Ipv4 is null && Ipv6 is null) || LocalAddressFor(family) is not null;
}
