using System.Net.Sockets;

namespace Relay.Delivery;

/// <summary>Remembers for a while which address family does not work towards a destination: it is then tried last. Thread safe.</summary>
/// <remarks>A broken IPv6 path looks like a slow peer; one lesson a while per destination is enough, and it is forgotten so that mended paths come back.</remarks>
internal sealed class FamilyMemory(TimeProvider time)
{
    private const int Capacity = 20_000;
    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    private readonly ExpiringCache<(string Site, AddressFamily Family), bool> _suspects = new(Capacity, time);

    public bool IsSuspect(string site, AddressFamily family) => _suspects.TryGet((site, family), out var isSuspect) && isSuspect;

    public void Failed(string site, AddressFamily family) => _suspects.Set((site, family), true, Life);

    public void Succeeded(string site, AddressFamily family)
    {
        if (IsSuspect(site, family))
        {
            _suspects.Set((site, family), false, Life);
        }
    }
}
