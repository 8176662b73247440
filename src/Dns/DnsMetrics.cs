using System.Diagnostics.Metrics;

namespace Relay.Dns;

/// <summary>What this project counts.</summary>
public static class DnsMetrics
{
    public const string MeterName = "Relay.Dns";

    private static readonly Meter Meter = new(MeterName);

    /// <summary>Queries sent, by <c>type</c> and <c>outcome</c> (answered, failed, silent).</summary>
    internal static readonly Counter<long> Queries =
        Meter.CreateCounter<long>("relay.dns.queries", "{query}", "Queries sent to a DNS server");

    internal static readonly Histogram<double> QueryDuration =
        Meter.CreateHistogram<double>("relay.dns.query_duration", "s", "Time until a DNS server answered or was given up");

    internal static readonly Counter<long> CacheHits =
        Meter.CreateCounter<long>("relay.dns.cache_hits", "{lookup}", "Lookups answered from the cache");

    internal static readonly Counter<long> CacheMisses =
        Meter.CreateCounter<long>("relay.dns.cache_misses", "{lookup}", "Lookups that had to ask");

    /// <summary>Of the misses, those that joined a query already under way.</summary>
    internal static readonly Counter<long> CacheJoins =
        Meter.CreateCounter<long>("relay.dns.cache_joins", "{lookup}", "Lookups that waited for another's query");

    internal static readonly Counter<long> CacheEvictions =
        Meter.CreateCounter<long>("relay.dns.cache_evictions", "{answer}", "Answers dropped before their time for want of room");

    internal static readonly UpDownCounter<long> CacheEntries =
        Meter.CreateUpDownCounter<long>("relay.dns.cache_entries", "{answer}", "Answers kept");
}
