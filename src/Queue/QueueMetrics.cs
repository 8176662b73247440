using System.Diagnostics.Metrics;

namespace Relay.Queue;

/// <summary>Counters of the intake; documented in docs/metrics.md.</summary>
internal static class QueueMetrics
{
    private static readonly Meter Meter = new("Relay.Queue");

    public static readonly Counter<long> Accepted =
        Meter.CreateCounter<long>("relay.queue.accepted", "{message}", "Messages made durable.");

    public static readonly Counter<long> Refused =
        Meter.CreateCounter<long>("relay.queue.refused", "{message}", "Messages refused by the intake for loops or unreadable headers.");
}
