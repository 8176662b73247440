using System.Net;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Hosts to dial, or why there are none; with the time the facts may be kept.</summary>
internal sealed record MxResult(IReadOnlyList<RouteHost> Hosts, RouteFailure? Failure, TimeSpan TimeToLive)
{
    /// <summary>Every host that was considered, with the verdict on each address; for those who ask why.</summary>
    public IReadOnlyList<HostFinding> Findings { get; init; } = [];

    public static MxResult Found(IReadOnlyList<RouteHost> hosts, TimeSpan timeToLive) => new(hosts, null, timeToLive);

    public static MxResult Failed(TimeSpan timeToLive, string status, string text, string bounceClass, FaultSide fault) =>
        new([], RouteFailure.Of(status, text, bounceClass, fault), timeToLive);
}

/// <summary>What was found out about one host.</summary>
/// <param name="Problem">Why the host is not used at all; null when it is, or when its addresses say why not.</param>
internal sealed record HostFinding(string Name, int Preference, IReadOnlyList<AddressFinding> Addresses, string? Problem)
{
    public IEnumerable<IPAddress> Usable => Problem is null ? Addresses.Where(a => a.Refusal is null).Select(a => a.Address) : [];
}

/// <param name="Refusal">Why the address is not dialled; null when it is.</param>
internal sealed record AddressFinding(IPAddress Address, string? Refusal);
