namespace Relay.Senders;

/// <summary>Counts failed logins per key and makes each further one wait longer; forgets a key that has been quiet.</summary>
internal sealed class FailureLimiter(TimeProvider timeProvider, CredentialCheckOptions options)
{
    private readonly BoundedTable<State> _states = new(options.MaxTableEntries);

    public int Count => _states.Count;

    /// <summary>How long the key must still wait; null when it may try.</summary>
    public TimeSpan? BlockedFor(string key)
    {
        var wait = _states.TryGet(key, out var state) ? state.BlockedUntil - timeProvider.GetUtcNow() : TimeSpan.Zero;
        return wait > TimeSpan.Zero ? wait : null;
    }

    public void Fail(string key)
    {
        var now = timeProvider.GetUtcNow();
        _states.Update(key, state => Next(state, now), now);
    }

    public void Forget(string key) => _states.Remove(key);

    private State Next(State state, DateTimeOffset now)
    {
        var failures = now - state.LastFailure > options.ForgetFailuresAfter ? 1 : state.Failures + 1;
        return new State(failures, now, now + DelayAfter(failures));
    }

    private TimeSpan DelayAfter(int failures)
    {
        if (failures < options.FreeFailures)
        {
            return TimeSpan.Zero;
        }

        var doublings = Math.Min(failures - options.FreeFailures, 30);
        var delay = options.FirstDelay * Math.Pow(2, doublings);
        return delay < options.MaxDelay ? delay : options.MaxDelay;
    }

    private readonly record struct State(int Failures, DateTimeOffset LastFailure, DateTimeOffset BlockedUntil);
}
