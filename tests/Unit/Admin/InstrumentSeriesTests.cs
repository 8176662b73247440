using System.Diagnostics.Metrics;
using System.Globalization;
using Relay.Admin;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class InstrumentSeriesTests : IDisposable
{
    private readonly Meter _meter = new("Tests.Series");
    private readonly InstrumentSeries _series;

    public InstrumentSeriesTests() => _series = new InstrumentSeries(_meter.CreateCounter<long>("tests.count"), maxSeries: 3);

    public void Dispose() => _meter.Dispose();

    [Fact]
    public void Adds_up_by_labels_whatever_the_type_of_their_values()
    {
        Record(1, ("verb", "MAIL"), ("code", 250));
        Record(2, ("verb", "MAIL"), ("code", 250));
        Record(4, ("verb", "MAIL"), ("code", "250"));
        Record(8, ("verb", "RCPT"), ("code", 250));

        Assert.Equal(["{verb=\"MAIL\",code=\"250\"} 7", "{verb=\"RCPT\",code=\"250\"} 8"], Texts());
    }

    [Fact]
    public void Tells_labels_apart_that_differ_in_name_number_or_order()
    {
        Record(1, ("a", "x"));
        Record(2, ("b", "x"));
        Record(4);
        Record(8, ("a", "x"));

        Assert.Equal([" 4", "{a=\"x\"} 9", "{b=\"x\"} 2"], Texts());
    }

    [Fact]
    public void What_is_beyond_the_bound_is_counted_together()
    {
        for (var round = 0; round < 2; round++)
        {
            for (var i = 0; i < 10; i++)
            {
                Record(1, ("n", i));
            }
        }

        Assert.Equal(["{n=\"0\"} 2", "{n=\"1\"} 2", "{n=\"2\"} 2", "{overflow=\"true\"} 14"], Texts());
    }

    private void Record(double value, params (string Name, object Value)[] tags) =>
        _series.Record(value, tags.Select(tag => KeyValuePair.Create(tag.Name, (object?)tag.Value)).ToArray());

    private List<string> Texts() => [.. _series.Values.Select(pair => string.Create(CultureInfo.InvariantCulture, $"{pair.Key} {pair.Value.Read().Sum}"))];
}
