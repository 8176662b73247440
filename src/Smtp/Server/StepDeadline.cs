namespace Relay.Smtp.Server;

/// <summary>One timeout per protocol step with one timer per connection.</summary>
/// <remarks>
/// Starting a step only notes when it ends; the timer is touched when it would fire too late, and sets itself again when it fires
/// too early. A busy session so changes its timer about once per timeout instead of once per command.
/// </remarks>
internal sealed class StepDeadline : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly Action _expired;
    private readonly ITimer _timer;
    private long _deadline = long.MaxValue;
    private long _fires = long.MaxValue;

    /// <param name="expired">Called from the timer when a step took too long; may be late, so ask <see cref="HasPassed"/>.</param>
    public StepDeadline(TimeProvider time, Action expired)
    {
        _time = time;
        _expired = expired;
        _timer = time.CreateTimer(static state => ((StepDeadline)state!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public bool HasPassed
    {
        get
        {
            lock (_gate)
            {
                return _time.GetTimestamp() >= _deadline;
            }
        }
    }

    public void Start(TimeSpan timeout)
    {
        lock (_gate)
        {
            _deadline = _time.GetTimestamp() + (long)(timeout.TotalSeconds * _time.TimestampFrequency);
            if (_deadline < _fires)
            {
                Schedule(timeout);
            }
        }
    }

    public void Stop()
    {
        lock (_gate)
        {
            _deadline = long.MaxValue;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Schedule(TimeSpan due)
    {
        _fires = _deadline;
        _timer.Change(due, Timeout.InfiniteTimeSpan);
    }

    private void OnTimer()
    {
        lock (_gate)
        {
            _fires = long.MaxValue;
            if (_deadline == long.MaxValue)
            {
                return;
            }

            var left = _time.GetElapsedTime(_time.GetTimestamp(), _deadline);
            if (left > TimeSpan.Zero)
            {
                // Timers count milliseconds and may be a fraction early.
                Schedule(left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left);
                return;
            }
        }

        _expired();
    }
}
