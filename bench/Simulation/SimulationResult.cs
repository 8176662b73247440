using System.Globalization;
using Relay.Queue;

namespace Relay.Bench.Simulation;

/// <summary>What one run came to.</summary>
internal sealed record SimulationResult
{
    private static readonly double[] Shares = [0.5, 0.9, 0.99, 1];

    public required int Recipients { get; init; }

    public required int Delivered { get; init; }

    public required int Bounced { get; init; }

    public required int Expired { get; init; }

    public required int Open { get; init; }

    /// <summary>Until half, 90 %, 99 % and all of what can be delivered was.</summary>
    public required IReadOnlyList<TimeSpan> Drain { get; init; }

    public required double AttemptsPerRecipient { get; init; }

    public required int MostAttempts { get; init; }

    public required long Violations { get; init; }

    /// <summary>Jain's index over healthy small domains: 1 when all waited equally long.</summary>
    public required double Fairness { get; init; }

    /// <summary>Median and 99th percentile of the time in the queue of what was delivered, by class of mail, and of healthy small domains.</summary>
    public required IReadOnlyList<(string Class, TimeSpan Median, TimeSpan High)> TimeInQueue { get; init; }

    public required long Connections { get; init; }

    public required long RefusedConnections { get; init; }

    public required int MostConnections { get; init; }

    public required int Decisions { get; init; }

    public required long Events { get; init; }

    public required string ViolationText { get; init; }

    public static SimulationResult Of(World world, SimulatedQueue store, Engine engine, DateTimeOffset start, EventLoop time)
    {
        var rows = store.Rows.ToArray();
        var delivered = rows.Where(r => r.State == RecipientState.Delivered).ToArray();
        var finished = delivered.Select(r => r.FinishedAt - start.UtcTicks).Order().ToArray();
        var healthy = world.Domains.Where(IsHealthy).Select(d => d.Name).ToHashSet(StringComparer.Ordinal);
        var audit = engine.Audit;
        return new SimulationResult
        {
            Recipients = rows.Length,
            Delivered = delivered.Length,
            Bounced = rows.Count(r => r.State == RecipientState.Bounced),
            Expired = rows.Count(r => r.State == RecipientState.Expired),
            Open = store.Open,
            Drain = [.. Shares.Select(share => new TimeSpan(At(finished, share)))],
            AttemptsPerRecipient = rows.Average(r => (double)r.Attempts),
            MostAttempts = rows.Max(r => r.Attempts),
            Violations = audit.Violations,
            ViolationText = string.Create(CultureInfo.InvariantCulture, $"connections {audit.ConnectionViolations}, rate {audit.RateViolations}, per connection {audit.PerConnectionViolations}, suspended {audit.SuspensionViolations}"),
            Fairness = Jain([.. delivered.Where(r => healthy.Contains(r.Key)).GroupBy(r => r.Key).Select(g => g.Average(InQueue))]),
            TimeInQueue =
            [
                .. Enum.GetValues<MessagePriority>().Select(priority => Describe(priority.ToString().ToLowerInvariant() + " priority", delivered.Where(r => r.Priority == priority))),
                Describe("healthy small domains", delivered.Where(r => healthy.Contains(r.Key))),
            ],
            Connections = audit.Connections,
            RefusedConnections = audit.RefusedConnections,
            MostConnections = audit.MostConnections,
            Decisions = engine.DecisionCount,
            Events = time.Count,
        };
    }

    public void Print(TextWriter output)
    {
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"recipients {Recipients:N0}: delivered {Delivered:N0}, bounced {Bounced:N0}, expired {Expired:N0}, open {Open:N0}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"drained: half {Drain[0]:d\\.hh\\:mm\\:ss}, 90 % {Drain[1]:d\\.hh\\:mm\\:ss}, 99 % {Drain[2]:d\\.hh\\:mm\\:ss}, all {Drain[3]:d\\.hh\\:mm\\:ss}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"attempts per recipient {AttemptsPerRecipient:F3}, most {MostAttempts}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"limit violations {Violations} ({ViolationText})"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"connections {Connections:N0}, refused {RefusedConnections:N0}, most at once {MostConnections}; decisions of shaping {Decisions:N0}"));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"fairness over healthy small domains (Jain) {Fairness:F4}"));
        foreach (var (name, median, high) in TimeInQueue)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"time in queue, {name}: median {median:hh\\:mm\\:ss\\.f}, p99 {high:d\\.hh\\:mm\\:ss}"));
        }
    }

    private static bool IsHealthy(Domain domain) =>
        domain.Receiver is { Share: 0, Greylists: null, PerMinute: int.MaxValue } receiver && receiver.Away == TimeSpan.Zero && receiver.Transaction < TimeSpan.FromSeconds(1);

    private static (string Class, TimeSpan Median, TimeSpan High) Describe(string name, IEnumerable<SimulatedQueue.Row> rows)
    {
        var times = rows.Select(r => (long)InQueue(r)).Order().ToArray();
        return (name, new TimeSpan(At(times, 0.5)), new TimeSpan(At(times, 0.99)));
    }

    private static double InQueue(SimulatedQueue.Row row) => row.FinishedAt - row.AcceptedAt;

    private static long At(long[] sorted, double share) => sorted.Length == 0 ? 0 : sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];

    private static double Jain(double[] values)
    {
        var sum = values.Sum();
        return values.Length == 0 || sum == 0 ? 1 : sum * sum / (values.Length * values.Sum(v => v * v));
    }
}
