using System.Globalization;

namespace Relay.Bench.Load;

/// <summary>Markdown, so that it can be pasted where figures are kept.</summary>
internal static class ResultTable
{
    public static void PrintHeader()
    {
        Console.WriteLine("| server | accepted /s | end to end /s | CPU s per 1,000 | p50 / p99 ms at 50/s | RSS MB (shared out) | lost / duplicate / unsigned / refused |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
    }

    public static void Print(Measurement m, string label) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {m.Server}{label} | {m.AcceptedPerSecond:F0} | {m.DeliveredPerSecond:F0} | {m.CpuSecondsPerThousand:F2} | {m.MedianMs:F1} / {m.Percentile99Ms:F1} | {m.ResidentMiB:F0} ({m.ProportionalMiB:F0}) | {m.Lost} / {m.Duplicates} / {m.Unsigned} / {m.Refused} |"));
}
