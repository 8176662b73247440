using System.Diagnostics.Metrics;

namespace Relay.Queue;

/// <summary>Counters of the intake; documented in docs/metrics.md.</summary>
internal static class QueueMetrics
{
    private static readonly Meter Meter = new("Relay.Queue");

    public static readonly Counter<long> Accepted =
        Meter.CreateCounter<long>("relay.queue.accepted", "{message}", "Messages made durable.");

    /// <summary>By rule of the bulk-sender gate, and by what followed: note, hold or refuse.</summary>
    public static readonly Counter<long> Findings =
        Meter.CreateCounter<long>("relay.queue.findings", "{finding}", "Rules of large receivers that messages broke, by rule and by what followed.");

    public static readonly Counter<long> Refused =
        Meter.CreateCounter<long>("relay.queue.refused", "{message}", "Messages refused by the intake for loops or unreadable headers.");
}
