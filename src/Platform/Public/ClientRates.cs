using System.Net;
using System.Net.Sockets;
using Relay.Platform.Tracking;

namespace Relay.Platform.Public;

/// <summary>How much each client address may ask of the public door. Thread safe.</summary>
/// <remarks>Wide enough for the image proxies of large mailbox providers; guessing is dear. IPv6 clients count by /64.</remarks>
internal sealed class ClientRates(TimeProvider time)
{
    private const double PerSecond = 100;
    private const double Burst = 1_000;
    private const double MissCost = 50;
    private const int Capacity = 20_000;

    private readonly RecentTable<IPAddress, Bucket> _buckets = new(Capacity);

    /// <summary>False when the client has to slow down.</summary>
    public bool TryTake(IPAddress address) => Spend(address, 1) >= 0;

    /// <summary>The client asked for something that does not exist.</summary>
    public void Miss(IPAddress address) => Spend(address, MissCost);

    private double Spend(IPAddress address, double cost)
    {
        var now = time.GetTimestamp();
        return _buckets.Update(Network(address), bucket => Spend(bucket, cost, now)).Left;
    }

    // What is overdrawn is bounded, so that everybody gets another chance within seconds.
    private Bucket Spend(Bucket? bucket, double cost, long now)
    {
        var left = bucket is null ? Burst : Math.Min(Burst, bucket.Left + (PerSecond * time.GetElapsedTime(bucket.At, now).TotalSeconds));
        return new Bucket(Math.Max(-PerSecond, left - cost), now);
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

    private sealed record Bucket(double Left, long At);
}
