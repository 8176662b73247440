using System.Net;
using System.Net.NetworkInformation;

namespace Relay.Delivery;

/// <summary>The addresses of this machine's interfaces, as they are now.</summary>
internal interface ILocalAddresses
{
    bool Contains(IPAddress address);
}

/// <summary>Asks the system, at most every few seconds: interfaces come and go. Thread safe.</summary>
internal sealed class LocalAddresses(TimeProvider time) : ILocalAddresses
{
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private HashSet<IPAddress> _addresses = [];
    private DateTimeOffset _until = DateTimeOffset.MinValue;

    public bool Contains(IPAddress address)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (now >= _until)
            {
                _addresses = Read();
                _until = now + Life;
            }

            return _addresses.Contains(WithoutScope(address));
        }
    }

    private static HashSet<IPAddress> Read() =>
    [
        .. NetworkInterface.GetAllNetworkInterfaces()
            .Where(i => i.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
            .SelectMany(i => i.GetIPProperties().UnicastAddresses)
            .Select(a => WithoutScope(a.Address)),
    ];

    // fe80::1%2 and fe80::1 are one address for our question.
    private static IPAddress WithoutScope(IPAddress address) => address.IsIPv6LinkLocal ? new IPAddress(address.GetAddressBytes()) : address;
}
