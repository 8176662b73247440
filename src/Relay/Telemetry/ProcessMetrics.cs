using System.Diagnostics.Metrics;

namespace Relay;

/// <summary>The process as its runtime sees it; documented in docs/metrics.md.</summary>
internal sealed class ProcessMetrics : IDisposable
{
    private readonly Meter _meter = new("Relay.Process");

    public ProcessMetrics() =>
        _meter.CreateObservableCounter("relay.process.allocated", () => GC.GetTotalAllocatedBytes(), "By", "Memory allocated since the start, whether it was collected since or not");

    public void Dispose() => _meter.Dispose();
}
