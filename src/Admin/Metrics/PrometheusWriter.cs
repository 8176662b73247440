using System.Globalization;
using System.Text;

namespace Relay.Admin;

/// <summary>Writes collected series in the Prometheus text format 0.0.4.</summary>
internal static class PrometheusWriter
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Write(IReadOnlyList<InstrumentSeries> instruments)
    {
        var text = new StringBuilder();
        foreach (var instrument in instruments)
        {
            text.Append("# HELP ").Append(instrument.Name).Append(' ').Append(instrument.Description.Replace('\n', ' ')).Append('\n');
            text.Append("# TYPE ").Append(instrument.Name).Append(' ').Append(instrument.Kind).Append('\n');
            foreach (var (labels, value) in instrument.Values)
            {
                AppendSeries(text, instrument, labels, value);
            }
        }

        return text.ToString();
    }

    private static void AppendSeries(StringBuilder text, InstrumentSeries instrument, string labels, SeriesValue value)
    {
        var (sum, count, buckets) = value.Read();
        if (instrument.Bounds is not { } bounds)
        {
            AppendLine(text, instrument.Name, labels, sum);
            return;
        }

        for (var i = 0; i < bounds.Count; i++)
        {
            AppendLine(text, instrument.Name + "_bucket", WithBound(labels, bounds[i].ToString(CultureInfo.InvariantCulture)), buckets[i]);
        }

        AppendLine(text, instrument.Name + "_bucket", WithBound(labels, "+Inf"), count);
        AppendLine(text, instrument.Name + "_sum", labels, sum);
        AppendLine(text, instrument.Name + "_count", labels, count);
    }

    private static string WithBound(string labels, string bound) =>
        labels.Length == 0 ? $"{{le=\"{bound}\"}}" : $"{labels[..^1]},le=\"{bound}\"}}";

    private static void AppendLine(StringBuilder text, string name, string labels, double value) =>
        text.Append(name).Append(labels).Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
}
