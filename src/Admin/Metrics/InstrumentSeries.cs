using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Relay.Admin;

/// <summary>All label combinations of one instrument with their values.</summary>
internal sealed class InstrumentSeries
{
    // Seconds for durations; counts and sizes have their own scale below.
    private static readonly double[] SecondBounds = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300];
    private static readonly double[] CountBounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000, 100_000];

    private readonly ConcurrentDictionary<string, SeriesValue> _values = new(StringComparer.Ordinal);

    // Several times for each command of a client: what was measured before is found without making the text of its labels.
    private readonly ConcurrentDictionary<int, KnownTags> _known = new();
    private readonly int _maxSeries;

    public InstrumentSeries(Instrument instrument, int maxSeries)
    {
        _maxSeries = maxSeries;
        Kind = KindOf(instrument);
        Bounds = Kind != "histogram" ? null : instrument.Unit == "s" ? SecondBounds : CountBounds;
        IsObserved = instrument.IsObservable;
        Description = instrument.Description ?? "";
        Name = PrometheusName(instrument);
    }

    /// <summary>Name by the OpenMetrics customs: underscores, unit, _total for counters.</summary>
    public string Name { get; }

    /// <summary>counter, gauge or histogram.</summary>
    public string Kind { get; }

    public string Description { get; }

    public IReadOnlyList<double>? Bounds { get; }

    /// <summary>Observed instruments report the whole value each time; the others add to it.</summary>
    public bool IsObserved { get; }

    /// <summary>Nothing was measured yet.</summary>
    public bool IsEmpty => _values.IsEmpty;

    public IEnumerable<KeyValuePair<string, SeriesValue>> Values => _values.OrderBy(pair => pair.Key, StringComparer.Ordinal);

    public void Record(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var hash = KnownTags.HashOf(tags);
        var series = _known.TryGetValue(hash, out var known) && known.Is(tags) ? known.Series : Find(tags, hash);
        series.Record(value, IsObserved);
    }

    private SeriesValue Find(ReadOnlySpan<KeyValuePair<string, object?>> tags, int hash)
    {
        var labels = LabelText(tags);
        if (!_values.TryGetValue(labels, out var series))
        {
            if (_values.Count >= _maxSeries)
            {
                return _values.GetOrAdd("{overflow=\"true\"}", static (_, bounds) => new SeriesValue(bounds), Bounds);
            }

            series = _values.GetOrAdd(labels, static (_, bounds) => new SeriesValue(bounds), Bounds);
        }

        // Of two with one hash the first is known; there are no more than there are series.
        _known.TryAdd(hash, new KnownTags(tags.ToArray(), series));
        return series;
    }

    private static string LabelText(ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        if (tags.IsEmpty)
        {
            return "";
        }

        var text = new StringBuilder("{");
        foreach (var (name, value) in tags)
        {
            var escaped = Convert.ToString(value, CultureInfo.InvariantCulture)?
                .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text.Append(text.Length > 1 ? "," : "").Append(name.Replace('.', '_')).Append("=\"").Append(escaped).Append('"');
        }

        return text.Append('}').ToString();
    }

    private static string KindOf(Instrument instrument)
    {
        var type = instrument.GetType().Name;
        return type.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : type.StartsWith("Counter", StringComparison.Ordinal) || type.StartsWith("ObservableCounter", StringComparison.Ordinal) ? "counter"
            : "gauge";
    }

    /// <summary>Tags in the order they were given, and the series they belong to.</summary>
    private sealed record KnownTags(KeyValuePair<string, object?>[] Tags, SeriesValue Series)
    {
        public static int HashOf(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var hash = default(HashCode);
            foreach (var (name, value) in tags)
            {
                hash.Add(name);
                hash.Add(value);
            }

            return hash.ToHashCode();
        }

        public bool Is(ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (tags.Length != Tags.Length)
            {
                return false;
            }

            for (var i = 0; i < Tags.Length; i++)
            {
                if (tags[i].Key != Tags[i].Key || !Equals(tags[i].Value, Tags[i].Value))
                {
                    return false;
                }
            }

            return true;
        }
    }

    private string PrometheusName(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_');
        var unit = instrument.Unit switch
        {
            "s" => "_seconds",
            "By" => "_bytes",
            _ => "",
        };
        if (unit.Length > 0 && !name.EndsWith(unit, StringComparison.Ordinal))
        {
            name += unit;
        }

        return Kind == "counter" ? name + "_total" : name;
    }
}
