using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Relay.Smtp.Server;

/// <summary>Counts the open connections of a listener: in all, per client address and per client network. Thread safe.</summary>
internal sealed class ConnectionCounter
{
    // An address is an IPv4 /32 or, because one customer usually has all of it, an IPv6 /64.
    private const ulong NetworkMark = 1UL << 63;

    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, int> _open = [];
    private int _total;

    internal enum Verdict
    {
        Accepted,
        TooMany,
        TooManyFromAddress,
        TooManyFromNetwork,
    }

    public int Total => Volatile.Read(ref _total);

    /// <summary>Takes a place within the limits of this client; give it back with <see cref="Leave"/> when accepted.</summary>
    public Verdict Enter(IPAddress address, SmtpServerLimits limits)
    {
        var (own, network) = KeysOf(address);
        lock (_gate)
        {
            if (_total >= limits.MaxConnections)
            {
                return Verdict.TooMany;
            }

            if (_open.GetValueOrDefault(own) >= limits.MaxConnectionsPerAddress)
            {
                return Verdict.TooManyFromAddress;
            }

            if (_open.GetValueOrDefault(network) >= limits.MaxConnectionsPerNetwork)
            {
                return Verdict.TooManyFromNetwork;
            }

            Add(own, 1);
            Add(network, 1);
            _total++;
            return Verdict.Accepted;
        }
    }

    public void Leave(IPAddress address)
    {
        var (own, network) = KeysOf(address);
        lock (_gate)
        {
            _total--;
            Add(own, -1);
            Add(network, -1);
        }
    }

    private void Add(ulong key, int change)
    {
        var open = _open.GetValueOrDefault(key) + change;
        if (open == 0)
        {
            _open.Remove(key);
        }
        else
        {
            _open[key] = open;
        }
    }

    // IPv4 addresses share the key space below 2^32, where no IPv6 /64 in use lies; networks lie above 2^63, where IPv6 has nothing
    // but local and multicast addresses, which may be counted together.
    private static (ulong Own, ulong Network) KeysOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6)
        {
            var prefix = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            return (prefix, (prefix >> 16) | NetworkMark);
        }

        var ipv4 = BinaryPrimitives.ReadUInt32BigEndian(address.IsIPv4MappedToIPv6 ? bytes[12..] : bytes);
        return (ipv4, (ipv4 >> 8) | NetworkMark | (1UL << 62));
    }
}
