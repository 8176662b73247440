using System.Net;

namespace Relay;

/// <summary><c>[network.NAME]</c>: what differs for clients of some networks. The first in the order of the file that holds the address decides.</summary>
internal sealed class NetworkSection
{
    /// <summary>Networks of the clients.</summary>
    [Setting(MinCount = 1, IsRequired = true)]
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>Names of the listeners on which this holds. Default: all.</summary>
    [Setting]
    public IReadOnlyList<string> Listeners { get; init; } = [];

    /// <summary>May relay without AUTH, or may not although in relay_networks. Default: as the listener says.</summary>
    [Setting(Shown = "as relay_networks says")]
    public bool? Relay { get; init; }

    /// <summary>Login as whom its mail counts, with that login's senders, limits and account: for printers and old programs. Default: none.</summary>
    [Setting(Shown = "none")]
    public string? User { get; init; }

    /// <summary>Offer AUTH without TLS. Default false: passwords would cross the network in clear.</summary>
    [Setting]
    public bool ClearAuth { get; init; }

    /// <summary>Octets of content. Default: as the listener says.</summary>
    [Setting(Min = "64KiB", Max = "1GiB", Shown = "as the listener says")]
    public ByteSize? MaxMessageSize { get; init; }

    /// <summary>Recipients of one transaction. Default: as the listener says.</summary>
    [Setting(Min = "1", Max = "50000", Shown = "as the listener says")]
    public int? MaxRecipients { get; init; }

    /// <summary>Open connections of one address. Default: as the listener says.</summary>
    [Setting(Min = "1", Max = "100000", Shown = "as the listener says")]
    public int? MaxConnectionsPerAddress { get; init; }

    /// <summary>Wait before the greeting. Default: as the listener says.</summary>
    [Setting(Min = "0", Max = "30s", Shown = "as the listener says")]
    public TimeSpan? GreetingDelay { get; init; }
}
