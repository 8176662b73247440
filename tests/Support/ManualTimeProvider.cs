namespace Relay.Tests.Support;

/// <summary>A clock that stands still until a test moves it. Thread safe.</summary>
/// <remarks>
/// <see cref="Advance"/> fires due timers in the order of their times, each at its own time, and goes on to fire timers that
/// were started by the callbacks while they are due. Callbacks run on the thread that advances; continuations of awaited
/// delays may run elsewhere, so await what the code under test promises and not the clock.
/// </remarks>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock _gate = new();
    private readonly List<ManualTimer> _timers = [];
    private readonly DateTimeOffset _start;
    private TimeSpan _elapsed;
    private long _started;
    private TaskCompletionSource _timerStarted = NewSignal();

    public ManualTimeProvider()
        : this(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public ManualTimeProvider(DateTimeOffset start)
    {
        _start = start.ToUniversalTime();
    }

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Timers that will fire some time.</summary>
    public int ActiveTimers
    {
        get
        {
            lock (_gate)
            {
                return _timers.Count;
            }
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (_gate)
        {
            return _start + _elapsed;
        }
    }

    public override long GetTimestamp()
    {
        lock (_gate)
        {
            return _elapsed.Ticks;
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Moves the clock on and fires what becomes due on the way.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is negative.</exception>
    public void Advance(TimeSpan step)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, TimeSpan.Zero);
        TimeSpan end;
        lock (_gate)
        {
            end = _elapsed + step;
        }

        while (TakeDue(end) is { } due)
        {
            due.Fire();
        }

        lock (_gate)
        {
            _elapsed = end > _elapsed ? end : _elapsed;
        }
    }

    /// <summary>
    /// Completes when <paramref name="count"/> timers are active: the sign that the code under test has come to its waits.
    /// </summary>
    public async Task WaitForTimersAsync(int count, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_timers.Count >= count)
                {
                    return;
                }

                changed = _timerStarted.Task;
            }

            await changed.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Takes the earliest timer due by <paramref name="end"/> and sets the clock to its time.</summary>
    private ManualTimer? TakeDue(TimeSpan end)
    {
        lock (_gate)
        {
            ManualTimer? earliest = null;
            foreach (var timer in _timers)
            {
                if (timer.DueAt <= end && (earliest is null || timer.IsBefore(earliest)))
                {
                    earliest = timer;
                }
            }

            if (earliest is null)
            {
                return null;
            }

            _elapsed = earliest.DueAt > _elapsed ? earliest.DueAt : _elapsed;
            if (earliest.Period is { } period)
            {
                earliest.DueAt += period;
                earliest.Order = ++_started;
            }
            else
            {
                _timers.Remove(earliest);
            }

            return earliest;
        }
    }

    private bool Start(ManualTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        TaskCompletionSource? signal = null;
        lock (_gate)
        {
            _timers.Remove(timer);
            if (timer.IsDisposed)
            {
                return false;
            }

            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                timer.DueAt = _elapsed + dueTime;
                timer.Period = period > TimeSpan.Zero ? period : null;
                timer.Order = ++_started;
                _timers.Add(timer);
                signal = _timerStarted;
                _timerStarted = NewSignal();
            }
        }

        signal?.SetResult();
        return true;
    }

    private void Stop(ManualTimer timer)
    {
        lock (_gate)
        {
            timer.IsDisposed = true;
            _timers.Remove(timer);
        }
    }

    private sealed class ManualTimer : ITimer
    {
        private readonly ManualTimeProvider _clock;
        private readonly TimerCallback _callback;
        private readonly object? _state;

        public ManualTimer(ManualTimeProvider clock, TimerCallback callback, object? state)
        {
            _clock = clock;
            _callback = callback;
            _state = state;
        }

        public TimeSpan DueAt { get; set; }

        public TimeSpan? Period { get; set; }

        /// <summary>Of two timers due at once, the one started first fires first.</summary>
        public long Order { get; set; }

        public bool IsDisposed { get; set; }

        public bool IsBefore(ManualTimer other) => DueAt < other.DueAt || (DueAt == other.DueAt && Order < other.Order);

        public void Fire() => _callback(_state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => _clock.Start(this, dueTime, period);

        public void Dispose() => _clock.Stop(this);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
