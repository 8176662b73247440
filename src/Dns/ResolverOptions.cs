using System.Net;

namespace Relay.Dns;

/// <summary>How names are resolved.</summary>
public sealed record ResolverOptions
{
    public const int MaxServers = 16;

    /// <summary>Recursive resolvers in order of preference, at most 16; empty means the system's, followed as they change.</summary>
    public IReadOnlyList<IPEndPoint> Servers { get; init; } = [];

    /// <summary>For one try at one server. 3 s: a recursive resolver that walks a slow tree needs one or two.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>Rounds through all servers, 1–10. Two, for UDP loses datagrams.</summary>
    public int Attempts { get; init; } = 2;

    /// <summary>
    /// Answers kept, 0 keeps none. An answer of up to 1 KiB counts once, a larger one once more for each further KiB,
    /// so the default stays near 100 MB even under hostile zones.
    /// </summary>
    public int CacheEntries { get; init; } = 100_000;

    /// <summary>Whose AD bit makes an answer authentic.</summary>
    public AdTrust TrustAd { get; init; } = AdTrust.Loopback;

    /// <summary>Throws <see cref="ArgumentOutOfRangeException"/> for values outside the ranges above; timeout 10 ms to 60 s.</summary>
    internal void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Servers.Count, MaxServers, nameof(Servers));
        ArgumentOutOfRangeException.ThrowIfLessThan(Timeout, TimeSpan.FromMilliseconds(10), nameof(Timeout));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Timeout, TimeSpan.FromSeconds(60), nameof(Timeout));
        ArgumentOutOfRangeException.ThrowIfLessThan(Attempts, 1, nameof(Attempts));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Attempts, 10, nameof(Attempts));
        ArgumentOutOfRangeException.ThrowIfNegative(CacheEntries, nameof(CacheEntries));
    }
}
