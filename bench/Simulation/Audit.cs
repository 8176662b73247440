using Relay.Delivery;

namespace Relay.Bench.Simulation;

/// <summary>Watches from outside whether limits are kept: counts what goes, without asking the engine.</summary>
internal sealed class Audit(EventLoop time, IPathControl control)
{
    private readonly Dictionary<PathKey, PathCounts> _paths = [];

    public long ConnectionViolations { get; private set; }

    public long RateViolations { get; private set; }

    public long PerConnectionViolations { get; private set; }

    /// <summary>Messages that went although their path was suspended.</summary>
    public long SuspensionViolations { get; private set; }

    public long Violations => ConnectionViolations + RateViolations + PerConnectionViolations + SuspensionViolations;

    public long Connections { get; private set; }

    public long RefusedConnections { get; private set; }

    public int MostConnections { get; private set; }

    public long Transactions { get; private set; }

    /// <summary>Transactions begun in one second, over all paths and on one, at most.</summary>
    public int MostStartedInSecond => _started.Most;

    public int MostStartedInSecondOnPath => _paths.Values.Max(counts => counts.Started.Most);

    /// <summary>When a connection of the path was taken first; null: never.</summary>
    public DateTimeOffset? AnsweredAt(PathKey path) => CountsOf(path).AnsweredAt;

    private readonly PerSecond _started = new();
    private int _open;

    public void Started(EgressPath path)
    {
        var counts = CountsOf(path.Key);
        Transactions++;
        counts.Started.Count(time.Now);
        _started.Count(time.Now);
        foreach (var change in control.Active(path.Key))
        {
            SuspensionViolations += change.IsSuspension ? 1 : 0;
            RateViolations += change.MessageRate is { } lowered && counts.Exceeds(change.Name, lowered, time.Now) ? 1 : 0;
        }

        foreach (var rate in path.Limits.MessageRate.Value?.Items ?? [])
        {
            RateViolations += counts.Exceeds(rate.ToString(), rate, time.Now) ? 1 : 0;
        }
    }

    public void Opened(EgressPath path, bool isAccepted)
    {
        var counts = CountsOf(path.Key);
        Connections++;
        RefusedConnections += isAccepted ? 0 : 1;
        counts.Open++;
        counts.AnsweredAt ??= isAccepted ? time.Now : null;
        MostConnections = Math.Max(MostConnections, ++_open);
        ConnectionViolations += counts.Open > path.Limits.MaxConnections.Value ? 1 : 0;
    }

    public void Closed(EgressPath path)
    {
        CountsOf(path.Key).Open--;
        _open--;
    }

    public void Sent(EgressPath path, int onConnection) =>
        PerConnectionViolations += onConnection > path.Limits.MaxMessagesPerConnection.Value ? 1 : 0;

    private PathCounts CountsOf(PathKey path)
    {
        if (!_paths.TryGetValue(path, out var counts))
        {
            _paths[path] = counts = new PathCounts();
        }

        return counts;
    }

    private sealed class PathCounts
    {
        private readonly Dictionary<string, (MessageRate Rate, Queue<long> Times)> _windows = [];

        public int Open { get; set; }

        public DateTimeOffset? AnsweredAt { get; set; }

        public PerSecond Started { get; } = new();

        /// <summary>Counts one more; true when more than the rate allows went within one of its periods.</summary>
        /// <remarks>A rate that changed begins anew: what went before was allowed by the other one.</remarks>
        public bool Exceeds(string name, MessageRate rate, DateTimeOffset now)
        {
            if (!_windows.TryGetValue(name, out var window) || window.Rate != rate)
            {
                _windows[name] = window = (rate, new Queue<long>());
            }

            window.Times.Enqueue(now.UtcTicks);
            while (window.Times.Peek() <= now.UtcTicks - rate.Period.Ticks)
            {
                window.Times.Dequeue();
            }

            return window.Times.Count > rate.Count;
        }
    }

    /// <summary>The most that fell into any second.</summary>
    private sealed class PerSecond
    {
        private readonly Queue<long> _times = new();

        public int Most { get; private set; }

        public void Count(DateTimeOffset now)
        {
            _times.Enqueue(now.UtcTicks);
            while (_times.Peek() <= now.UtcTicks - TimeSpan.TicksPerSecond)
            {
                _times.Dequeue();
            }

            Most = Math.Max(Most, _times.Count);
        }
    }
}
