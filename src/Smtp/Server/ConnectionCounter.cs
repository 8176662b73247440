using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Relay.Smtp.Server;

/// <summary>Counts the open connections of a listener, in all and per client network. Thread safe.</summary>
internal sealed class ConnectionCounter(int maxTotal, int maxPerAddress)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, int> _perNetwork = [];
    private int _total;

    internal enum Verdict
    {
        Accepted,
        TooMany,
        TooManyFromAddress,
    }

    public int Total => Volatile.Read(ref _total);

    /// <summary>Takes a place; give it back with <see cref="Leave"/> when accepted.</summary>
    public Verdict Enter(IPAddress address)
    {
        var key = KeyOf(address);
        lock (_gate)
        {
            if (_total >= maxTotal)
            {
                return Verdict.TooMany;
            }

            var open = _perNetwork.GetValueOrDefault(key);
            if (open >= maxPerAddress)
            {
                return Verdict.TooManyFromAddress;
            }

            _perNetwork[key] = open + 1;
            _total++;
            return Verdict.Accepted;
        }
    }

    public void Leave(IPAddress address)
    {
        var key = KeyOf(address);
        lock (_gate)
        {
            _total--;
            var open = _perNetwork[key] - 1;
            if (open == 0)
            {
                _perNetwork.Remove(key);
            }
            else
            {
                _perNetwork[key] = open;
            }
        }
    }

    // One IPv6 customer usually has a whole /64 to dial from. IPv4 addresses share the key space below 2^32, where no IPv6 /64 in use lies.
    private static ulong KeyOf(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetworkV6 && !address.IsIPv4MappedToIPv6
            ? BinaryPrimitives.ReadUInt64BigEndian(bytes)
            : BinaryPrimitives.ReadUInt32BigEndian(address.IsIPv4MappedToIPv6 ? bytes[12..] : bytes);
    }
}
