using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Relay.Dns;

/// <summary>Which addresses may be dialled; guards SMTP delivery and HTTP calls against requests into the own network.</summary>
/// <remarks>
/// Public unicast addresses are allowed, special-purpose ones (RFC 6890 and its registries) are not. IPv6 forms that carry an
/// IPv4 address (mapped, compatible, NAT64, 6to4, Teredo) lead where that address leads, so it is judged too.
/// Whether an address is this host's own is not asked here.
/// </remarks>
public sealed class TargetPolicy
{
    private readonly bool _allowPrivate;
    private readonly IReadOnlyList<IPNetwork> _allowed;

    /// <param name="allowPrivate">Allow every unicast address, for test set-ups and closed networks.</param>
    /// <param name="allowed">Networks allowed although they are not public.</param>
    public TargetPolicy(bool allowPrivate, IReadOnlyList<IPNetwork> allowed)
    {
        _allowPrivate = allowPrivate;
        _allowed = allowed;
    }

    /// <summary>True when <paramref name="address"/> may be dialled; otherwise <paramref name="reason"/> says why not.</summary>
    public bool Allows(IPAddress address, out string reason)
    {
        var kind = Judge(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
        reason = kind is null ? string.Empty : $"{address} is {kind} and may not be connected to";
        return kind is null;
    }

    /// <summary>What speaks against the address; null when nothing does.</summary>
    private string? Judge(IPAddress address)
    {
        if (SpecialNetworks.FindNeverUnicast(address) is { } never)
        {
            return never;
        }

        if (_allowPrivate || IsListed(address))
        {
            return null;
        }

        if (SpecialNetworks.FindNotPublic(address) is { } notPublic)
        {
            return notPublic;
        }

        foreach (var embedded in EmbeddedAddresses(address))
        {
            if (Judge(embedded) is { } kind)
            {
                return $"a form of {embedded}, {kind},";
            }
        }

        return null;
    }

    private bool IsListed(IPAddress address)
    {
        foreach (var network in _allowed)
        {
            if (network.Contains(address))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The IPv4 addresses an IPv6 address leads to.</summary>
    private static IPAddress[] EmbeddedAddresses(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return [];
        }

        var bytes = address.GetAddressBytes();
        if (SpecialNetworks.IsIpv4AtTheEnd(address))
        {
            return [new IPAddress(bytes.AsSpan(12))];
        }

        if (SpecialNetworks.SixToFour.Contains(address))
        {
            return [new IPAddress(bytes.AsSpan(2, 4))];
        }

        return SpecialNetworks.Teredo.Contains(address) ? [new IPAddress(bytes.AsSpan(4, 4)), TeredoClient(bytes)] : [];
    }

    /// <summary>Teredo stores the client's address with all bits inverted (RFC 4380 §4).</summary>
    private static IPAddress TeredoClient(byte[] bytes)
    {
        Span<byte> client = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(client, ~BinaryPrimitives.ReadUInt32BigEndian(bytes.AsSpan(12)));
        return new IPAddress(client);
    }
}
