namespace Relay.Admin;

/// <summary>Counts of the last so many steps of equal length. Not thread safe.</summary>
internal sealed class TrafficRing(int steps, TimeSpan step)
{
    private static readonly int Kinds = Enum.GetValues<TrafficKind>().Length;

    private readonly long[] _counts = new long[steps * Kinds];
    private readonly long[] _stepOf = new long[steps];

    public TimeSpan Step => step;

    public TimeSpan Length => step * steps;

    public void Add(DateTimeOffset now, TrafficKind kind, long count)
    {
        var number = NumberOf(now);
        var slot = (int)(number % steps);
        if (_stepOf[slot] != number)
        {
            _stepOf[slot] = number;
            Array.Clear(_counts, slot * Kinds, Kinds);
        }

        _counts[(slot * Kinds) + (int)kind] += count;
    }

    /// <summary>What was counted in the steps that end with <paramref name="end"/>.</summary>
    public long Sum(DateTimeOffset end, TimeSpan length, TrafficKind kind)
    {
        var last = NumberOf(end);
        var sum = 0L;
        for (var number = last - (long)(length / step) + 1; number <= last; number++)
        {
            sum += At(number, kind);
        }

        return sum;
    }

    private long At(long number, TrafficKind kind)
    {
        var slot = (int)(number % steps);
        return number > 0 && _stepOf[slot] == number ? _counts[(slot * Kinds) + (int)kind] : 0;
    }

    private long NumberOf(DateTimeOffset time) => time.UtcTicks / step.Ticks;
}
