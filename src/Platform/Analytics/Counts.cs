namespace Relay.Platform.Analytics;

/// <summary>One number for each <see cref="Counter"/>.</summary>
public sealed class Counts
{
    public static readonly IReadOnlyList<Counter> All = Enum.GetValues<Counter>();

    private readonly long[] _values = new long[All.Count];

    public long this[Counter counter]
    {
        get => _values[(int)counter];
        set => _values[(int)counter] = value;
    }

    public long Bounced => this[Counter.BouncedHard] + this[Counter.BouncedBlocked] + this[Counter.BouncedSoft];

    public void Add(Counts other)
    {
        for (var i = 0; i < _values.Length; i++)
        {
            _values[i] += other._values[i];
        }
    }

    /// <summary>Per cent, 0 when nothing was delivered.</summary>
    public double OfDelivered(Counter counter) => this[Counter.Delivered] == 0 ? 0 : 100.0 * this[counter] / this[Counter.Delivered];
}
