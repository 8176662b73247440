using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Relay.Admin;

/// <summary>Listens to the program's own meters (named <c>Relay.*</c>) and keeps their sums for the Prometheus endpoint.</summary>
/// <remarks>Series per instrument are bounded: label values are bounded by design, and a fault in that must not eat the memory.</remarks>
public sealed class MetricsCollector : IDisposable
{
    private const int MaxSeriesPerInstrument = 500;

    private readonly MeterListener _listener = new();
    private readonly ConcurrentDictionary<Instrument, InstrumentSeries> _instruments = new();

    public MetricsCollector()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name.StartsWith("Relay.", StringComparison.Ordinal))
            {
                listener.EnableMeasurementEvents(instrument, _instruments.GetOrAdd(instrument, static key => new InstrumentSeries(key, MaxSeriesPerInstrument)));
            }
        };
        _listener.SetMeasurementEventCallback<int>(static (_, value, tags, series) => ((InstrumentSeries)series!).Record(value, tags));
        _listener.SetMeasurementEventCallback<long>(static (_, value, tags, series) => ((InstrumentSeries)series!).Record(value, tags));
        _listener.SetMeasurementEventCallback<double>(static (_, value, tags, series) => ((InstrumentSeries)series!).Record(value, tags));
        _listener.Start();
    }

    /// <summary>Everything measured so far; observable instruments are asked now.</summary>
    internal IReadOnlyList<InstrumentSeries> Collect()
    {
        _listener.RecordObservableInstruments();
        return [.. _instruments.Values.Where(series => !series.IsEmpty).OrderBy(series => series.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => _listener.Dispose();
}
