using System.Net;
using System.Net.Sockets;
using Relay.Platform.Tracking;
using Relay.Queue;

namespace Relay.Platform.Public;

/// <summary>How much each client address may ask of the public door. Thread safe.</summary>
/// <remarks>Wide enough for the image proxies of large mailbox providers; guessing is dear. IPv6 clients count by /64.</remarks>
internal sealed class ClientRates(TimeProvider time)
{
    private const int PerSecond = 100;
    private const int Burst = 1_000;
    private const int MissCost = 50;
    private const int Capacity = 20_000;
    private static readonly TokenRate Rate = TokenRate.Of(PerSecond, TimeSpan.FromSeconds(1)) with { Burst = Burst };

    private readonly RecentTable<IPAddress, TokenBucket> _buckets = new(Capacity);

    /// <summary>False when the client has to slow down.</summary>
    public bool TryTake(IPAddress address)
    {
        var now = time.GetUtcNow();
        var isTaken = false;
        _buckets.Update(Network(address), bucket => bucket.Within(Rate, now, PerSecond).Take(Rate, now, out isTaken));
        return isTaken;
    }

    /// <summary>The client asked for something that does not exist. What is overdrawn is bounded, so that everybody gets another chance within seconds.</summary>
    public void Miss(IPAddress address)
    {
        var now = time.GetUtcNow();
        _buckets.Update(Network(address), bucket => bucket.Spend(Rate, now, MissCost).Within(Rate, now, PerSecond));
    }

    private static IPAddress Network(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            return address;
        }

        var bytes = address.GetAddressBytes();
        bytes.AsSpan(8).Clear();
        return new IPAddress(bytes);
    }
}
