namespace Relay.Bench.Load;

/// <summary>What one run of one server showed.</summary>
internal sealed record Measurement
{
    public required string Server { get; init; }

    public double AcceptedPerSecond { get; init; }

    public double DeliveredPerSecond { get; init; }

    public double CpuSecondsPerThousand { get; init; }

    public double MedianMs { get; init; }

    public double Percentile99Ms { get; init; }

    public double ResidentMiB { get; init; }

    public double ProportionalMiB { get; init; }

    public int Lost { get; init; }

    public int Duplicates { get; init; }

    public int Unsigned { get; init; }

    public int Refused { get; init; }

    /// <summary>Medians of each figure; faults are added up.</summary>
    public static Measurement MedianOf(IReadOnlyList<Measurement> runs) => new()
    {
        Server = runs[0].Server,
        AcceptedPerSecond = Median(runs.Select(r => r.AcceptedPerSecond)),
        DeliveredPerSecond = Median(runs.Select(r => r.DeliveredPerSecond)),
        CpuSecondsPerThousand = Median(runs.Select(r => r.CpuSecondsPerThousand)),
        MedianMs = Median(runs.Select(r => r.MedianMs)),
        Percentile99Ms = Median(runs.Select(r => r.Percentile99Ms)),
        ResidentMiB = Median(runs.Select(r => r.ResidentMiB)),
        ProportionalMiB = Median(runs.Select(r => r.ProportionalMiB)),
        Lost = runs.Sum(r => r.Lost),
        Duplicates = runs.Sum(r => r.Duplicates),
        Unsigned = runs.Sum(r => r.Unsigned),
        Refused = runs.Sum(r => r.Refused),
    };

    public static double Percentile(double[] sorted, double part) =>
        sorted.Length == 0 ? double.NaN : sorted[Math.Min(sorted.Length - 1, (int)(part * sorted.Length))];

    private static double Median(IEnumerable<double> values) => Percentile([.. values.Order()], 0.5);
}
