using System.Net;
using System.Net.Sockets;

namespace Relay.Delivery;

/// <summary>Which names and addresses are this host itself: mail sent there would come back (RFC 5321 §5.1).</summary>
/// <remarks>
/// An address is our own when one of our listeners answers there, port and all: another server of this machine is somebody else.
/// Public addresses in front of a translation (NAT) cannot be seen from here; the operator names them.
/// </remarks>
internal sealed class OwnHost(DeliveryOptions options, ILocalAddresses local)
{
    private readonly HashSet<string> _names = new([options.Hostname, .. options.OwnNames], StringComparer.OrdinalIgnoreCase);
    private readonly HashSet<IPAddress> _translated = [.. options.OwnAddresses];

    public bool IsOwnName(string host) => _names.Contains(host);

    /// <summary>True when a connection to this address and port would reach one of our listeners.</summary>
    public bool IsOwn(IPAddress address, int port)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _translated.Contains(plain) || options.Listeners.Any(listener => listener.Port == port && Serves(listener.Address, plain));
    }

    private bool Serves(IPAddress listening, IPAddress address)
    {
        // A listener on [::] takes IPv4 connections too.
        var isAny = listening.Equals(IPAddress.IPv6Any) || (listening.Equals(IPAddress.Any) && address.AddressFamily == AddressFamily.InterNetwork);
        return isAny ? IPAddress.IsLoopback(address) || local.Contains(address) : listening.Equals(address);
    }
}
