using System.Net;
using Relay.Delivery;

namespace Relay.Tests.Unit;

/// <summary>The addresses of a machine that a test makes up.</summary>
internal sealed class FakeLocalAddresses(params string[] addresses) : ILocalAddresses
{
    public HashSet<IPAddress> Addresses { get; } = [.. addresses.Select(IPAddress.Parse)];

    public bool Contains(IPAddress address) => Addresses.Contains(address);
}
