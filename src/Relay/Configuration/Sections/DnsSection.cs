using System.Net;

namespace Relay;

/// <summary><c>[dns]</c>: the resolver and its cache.</summary>
internal sealed class DnsSection
{
    /// <summary>Resolvers, asked in this order. Default: those the system names.</summary>
    [Setting(Shown = "the system's", MaxCount = 16)]
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    /// <summary>Whose answers are believed when they claim DNSSEC validation; DANE needs it. Default loopback: nobody sits between (RFC 7672 §1.3).</summary>
    [Setting]
    public TrustedResolvers TrustAd { get; init; } = TrustedResolvers.Loopback;

    /// <summary>Wait for one answer. Default 3s: slower than nearly every answer, short enough to try the next server.</summary>
    [Setting(Min = "1s", Max = "1m")]
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Rounds over the servers. Default 2: UDP loses datagrams.</summary>
    [Setting(Min = "1", Max = "10")]
    public int Attempts { get; init; } = 2;

    /// <summary>Answers kept. Default 100000, which stays near 100 MB even under hostile zones; 0 keeps none.</summary>
    [Setting(Min = "0", Max = "10000000")]
    public int CacheEntries { get; init; } = 100_000;
}
