using System.Diagnostics.Metrics;

namespace Relay.Platform.Jobs;

/// <summary>Counters of background jobs; documented in docs/metrics.md.</summary>
internal static class JobMetrics
{
    private static readonly Meter Meter = new("Relay.Platform.Jobs");

    private static readonly Counter<long> Ended =
        Meter.CreateCounter<long>("relay.jobs.finished", "{job}", "Background jobs that ended.");

    public static void Finished(string kind, JobStatus status) => Ended.Add(
        1, new KeyValuePair<string, object?>("kind", kind), new KeyValuePair<string, object?>("status", status.ToString().ToLowerInvariant()));
}
