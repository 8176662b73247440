using System.Net;
using Relay.Smtp.Server;

namespace Relay;

/// <summary>What differs for clients of some networks; null is what the listener says.</summary>
internal sealed record PeerNetwork
{
    public required IReadOnlyList<IPNetwork> Networks { get; init; }

    public bool? MayRelay { get; init; }

    /// <summary>Login as whom mail from here counts.</summary>
    public string? User { get; init; }

    public bool OffersClearAuthentication { get; init; }

    public long? MaxMessageSizeBytes { get; init; }

    public int? MaxRecipients { get; init; }

    public int? MaxConnectionsPerAddress { get; init; }

    public TimeSpan? GreetingDelay { get; init; }

    /// <summary>The first that holds the address.</summary>
    public static PeerNetwork? Find(IReadOnlyList<PeerNetwork> networks, IPAddress address)
    {
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        foreach (var network in networks)
        {
            if (network.Networks.Any(one => one.Contains(plain)))
            {
                return network;
            }
        }

        return null;
    }

    /// <summary>The listener's options with those of each network beside them, made once.</summary>
    public static SmtpServerOptions Apply(SmtpServerOptions options, IReadOnlyList<PeerNetwork> networks)
    {
        if (networks.Count == 0)
        {
            return options;
        }

        var own = networks.ToDictionary(network => network, network => options with { Limits = network.Apply(options.Limits) });
        return options with { ForPeer = address => Find(networks, address) is { } network ? own[network] : options };
    }

    private SmtpServerLimits Apply(SmtpServerLimits limits) => limits with
    {
        MaxMessageSizeBytes = MaxMessageSizeBytes ?? limits.MaxMessageSizeBytes,
        MaxRecipients = MaxRecipients ?? limits.MaxRecipients,
        MaxConnectionsPerAddress = MaxConnectionsPerAddress ?? limits.MaxConnectionsPerAddress,
        GreetingDelay = GreetingDelay ?? limits.GreetingDelay,
    };
}
