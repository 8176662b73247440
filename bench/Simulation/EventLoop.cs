namespace Relay.Bench.Simulation;

/// <summary>Virtual time: jumps from one event to the next; events of one instant come in the order in which they were planned.</summary>
internal sealed class EventLoop : TimeProvider
{
    private readonly PriorityQueue<Action, (long Ticks, long Order)> _events = new();
    private long _now;
    private long _order;

    public EventLoop(DateTimeOffset start) => _now = start.UtcTicks;

    public DateTimeOffset Now => new(_now, TimeSpan.Zero);

    /// <summary>Events so far.</summary>
    public long Count { get; private set; }

    public override DateTimeOffset GetUtcNow() => Now;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _now;

    public void After(TimeSpan wait, Action action) => _events.Enqueue(action, (_now + Math.Max(0, wait.Ticks), _order++));

    /// <summary>Runs until <paramref name="isDone"/>, or the given instant, or nothing is planned any more.</summary>
    public void Run(Func<bool> isDone, DateTimeOffset until)
    {
        while (!isDone() && _events.TryDequeue(out var action, out var at) && at.Ticks <= until.UtcTicks)
        {
            _now = at.Ticks;
            Count++;
            action();
        }
    }
}
