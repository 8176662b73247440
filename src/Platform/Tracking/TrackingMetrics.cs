using System.Diagnostics.Metrics;

namespace Relay.Platform.Tracking;

/// <summary>Counters of the public door; documented in docs/metrics.md.</summary>
internal static class TrackingMetrics
{
    private static readonly Meter Meter = new("Relay.Platform.Tracking");

    public static readonly Counter<long> Dropped =
        Meter.CreateCounter<long>("relay.tracking.dropped", "{visit}", "Visits that were answered but not recorded.");

    private static readonly Counter<long> Visits =
        Meter.CreateCounter<long>("relay.tracking.visits", "{visit}", "Visits recorded.");

    private static readonly Counter<long> Refusals =
        Meter.CreateCounter<long>("relay.tracking.refused", "{request}", "Requests at the public listener that were refused.");

    /// <param name="reason"><c>token</c>, <c>path</c> or <c>rate</c>.</param>
    public static void Refused(string reason) => Refusals.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public static void Count(IReadOnlyList<Visit> visits, IReadOnlyList<MachineSign> signs)
    {
        foreach (var group in visits.Zip(signs).GroupBy(pair => (pair.First.Token.Kind, Sign: pair.Second)))
        {
            Visits.Add(
                group.Count(),
                new KeyValuePair<string, object?>("kind", group.Key.Kind.ToString().ToLowerInvariant()),
                new KeyValuePair<string, object?>("machine", group.Key.Sign.ToString().ToLowerInvariant()));
        }
    }
}
