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
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Record(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Everything measured so far; observable instruments are asked now.</summary>
    internal IReadOnlyList<InstrumentSeries> Collect()
    {
        _listener.RecordObservableInstruments();
        return [.. _instruments.Values.OrderBy(series => series.Name, StringComparer.Ordinal)];
    }

    public void Dispose() => _listener.Dispose();

    private void Record(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        _instruments.GetOrAdd(instrument, static key => new InstrumentSeries(key, MaxSeriesPerInstrument)).Record(value, tags);
}
