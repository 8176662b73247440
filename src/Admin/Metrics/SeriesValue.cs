namespace Relay.Admin;

/// <summary>One series: a sum, and for histograms the count per bucket.</summary>
internal sealed class SeriesValue
{
    private readonly Lock _lock = new();
    private readonly IReadOnlyList<double>? _bounds;
    private readonly long[] _buckets;
    private double _sum;
    private long _count;

    public SeriesValue(IReadOnlyList<double>? bounds)
    {
        _bounds = bounds;
        _buckets = new long[bounds?.Count ?? 0];
    }

    public void Record(double value, bool isWholeValue)
    {
        lock (_lock)
        {
            _sum = isWholeValue ? value : _sum + value;
            _count++;
            for (var i = 0; i < _buckets.Length; i++)
            {
                if (value <= _bounds![i])
                {
                    _buckets[i]++;
                }
            }
        }
    }

    /// <summary>Sum, count and cumulative buckets of one instant.</summary>
    public (double Sum, long Count, long[] Buckets) Read()
    {
        lock (_lock)
        {
            return (_sum, _count, [.. _buckets]);
        }
    }
}
