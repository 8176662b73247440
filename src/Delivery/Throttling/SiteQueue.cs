using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The short, bounded queue of one path, with the limits and feedback that decide how fast it drains. Guarded by the dispatcher's lock.</summary>
internal sealed class SiteQueue
{
    private const int MinCapacity = 50;
    private const int MaxCapacity = 500;
    private const int CapacityPerConnection = 8;

    private static readonly Throttle SetForATime = new(LimitScope.Path, "the path", "set for a time", new ThrottleOptions());

    // Tasks are leased this long before their token is due, so that the meter never waits for the store.
    private static readonly TimeSpan RateHorizon = TimeSpan.FromSeconds(2);

    private readonly FairQueue _jobs = new();
    private readonly AnsweringHosts _answering = new();
    private readonly WaitingLanes _waiting = new();
    private Throttle[] _throttles;

    // Jobs taken and not ended: they count at the throttles.
    private int _active;

    // Spares most queues the look at every flow.
    private bool _hasThrottledJobs;

    /// <param name="throttles">What limits all mail of the path.</param>
    public SiteQueue(EgressPath path, bool isRemote, SuspensionOptions suspension, PathOverrides? overrides = null, Throttle[]? throttles = null)
    {
        Path = path;
        Overrides = overrides ?? new PathOverrides();
        IsRemote = isRemote;
        Window = new ConcurrencyWindow(path.Limits.MaxConnections.Value);
        Suspensions = new Suspensions(suspension);
        _throttles = throttles ?? [];
    }

    /// <summary>With the limits in force; another one after a reload of the configuration. Attempts read it without the lock.</summary>
    public EgressPath Path { get; private set; }

    /// <summary>The route that used the path last: where a probe would dial.</summary>
    public Route? Route { get; set; }

    /// <summary>False for routes that need no connection.</summary>
    public bool IsRemote { get; }

    public ConcurrencyWindow Window { get; }

    public Suspensions Suspensions { get; }

    /// <summary>Budgets of the day; null: none are kept.</summary>
    public IPathBudgets? Budgets { get; init; }

    /// <summary>Limits lowered for a time.</summary>
    public PathOverrides Overrides { get; set; }

    /// <summary>Jobs waiting for a worker.</summary>
    public int Length => _jobs.Count;

    /// <summary>Room promised to leases under way and to messages being accepted.</summary>
    public int Reserved { get; private set; }

    /// <summary>Workers running: each has one job and at most one connection.</summary>
    public int Workers { get; private set; }

    public DateTimeOffset LastUsed { get; set; }

    public PathTally Tally { get; } = new();

    public int Capacity => Math.Clamp(Window.Allowed * CapacityPerConnection, MinCapacity, MaxCapacity);

    /// <summary>Lanes that asked for room and got none.</summary>
    public int WaitingLanes => _waiting.Count;

    /// <summary>What limits all mail of the path.</summary>
    public IReadOnlyList<Throttle> Throttles => _throttles;

    /// <summary>As far as limits of site and source say.</summary>
    public int MaxRecipientsPerTransaction => _throttles.Min(t => t.MaxRecipientsPerTransaction) ?? int.MaxValue;

    public bool IsIdle => _jobs.Count == 0 && Reserved == 0 && Workers == 0 && _waiting.Count == 0;

    public Room RoomAt(DateTimeOffset now)
    {
        if (Overrides.Suspension(now) is { } set)
        {
            return new Room(0, set.Until, $"suspended by {set.Name}: {set.Reason}");
        }

        if (Suspensions.IsSuspended(now))
        {
            var current = Suspensions.Current!;
            return new Room(0, current.Until, $"suspended: {current.Reason}");
        }

        if (Suspensions.IsProbing(now))
        {
            return Length + Reserved + Workers > 0
                ? new Room(0, null, "one connection probes the suspended site")
                : new Room(1, null, "probe of the suspended site");
        }

        var free = Capacity - Length - Reserved;
        if (free <= 0)
        {
            return new Room(0, null, "the site's queue is full");
        }

        if (Budgets?.Find(Path.Key, now) is { } budget)
        {
            free = Math.Min(free, budget.Left - Length - Reserved);
            if (free <= 0)
            {
                return new Room(0, budget.NextAt, budget.Reason);
            }
        }

        if (_throttles.Length == 0 && Overrides.IsEmpty)
        {
            return new Room(free, null, "room in the site's queue");
        }

        var horizon = now + RateHorizon;
        var tokens = Math.Min(
            ThrottleSet.RoomBy(_throttles, now, horizon, out var tightest), Overrides.AvailableBy(now, horizon) - Length - Reserved);
        if (tokens > 0)
        {
            return new Room(Math.Min(free, tokens), null, "room within the limits");
        }

        var wait = ThrottleSet.WaitOf(_throttles, now, bytes: 0);
        return wait?.Until == DateTimeOffset.MaxValue
            ? new Room(0, null, $"{wait} reached")
            : new Room(0, LookAgainAt(NextTokenAt(now), now), wait is { } reached ? $"{reached} reached" : $"{tightest?.Name ?? "message rate"} has enough in hand");
    }

    /// <summary>Reserved room counts against the limits of the path and, with them, those of the mail.</summary>
    public void Reserve(int tasks, Throttle[] throttles)
    {
        Reserved += tasks;
        ThrottleSet.Hold(_throttles, tasks);
        ThrottleSet.Hold(throttles, tasks);
    }

    public void ReleaseReserved(int tasks, Throttle[] throttles)
    {
        Reserved -= tasks;
        ThrottleSet.Hold(_throttles, -tasks);
        ThrottleSet.Hold(throttles, -tasks);
    }

    /// <summary>Other limits for the same path. What feedback taught, suspensions, waiting and running jobs stay; they count under the new limits.</summary>
    public void Change(EgressPath path, Throttle[] throttles)
    {
        var jobs = Drain();
        Path = path;
        Window.Change(path.Limits.MaxConnections.Value);
        Count(-1);
        _throttles = throttles;
        Count(1);
        var routes = new Dictionary<Route, Route>(ReferenceEqualityComparer.Instance);
        jobs.ForEach(job => Add(job with { Route = Renewed(job.Route, routes) }));
        Route = Route is null ? null : Renewed(Route, routes);
    }

    private static Route Renewed(Route route, Dictionary<Route, Route> known) =>
        known.TryGetValue(route, out var renewed) ? renewed : known[route] = route with { Site = route.Site.Again() };

    public void Add(DeliveryJob job)
    {
        _jobs.Add(job, QueueFlow.Of(job.Task.Message));
        _hasThrottledJobs |= job.Throttles.Length > 0;
        ThrottleSet.Hold(_throttles, 1);
        ThrottleSet.Hold(job.Throttles, 1);
    }

    /// <summary>True when a waiting job may get a worker of its own; the token is asked for by <see cref="TryTake"/>.</summary>
    public bool CanStartWorker(DateTimeOffset now) => _jobs.Count > 0 && Workers < AllowedWorkers(now);

    /// <summary>True when one more worker would be allowed.</summary>
    public bool CanStartMore(DateTimeOffset now) => Workers < AllowedWorkers(now);

    /// <summary>Idle, its suspension over, and not heard of since.</summary>
    public bool MayBeProbed(DateTimeOffset now) => IsRemote && Route is not null && Suspensions.IsProbing(now) && Length + Reserved + Workers == 0;

    /// <summary>False when the window shrank below the workers that run: then one of them ends.</summary>
    public bool CanContinueWorker(DateTimeOffset now) => Workers <= AllowedWorkers(now);

    public void WorkerStarted() => Workers++;

    public void WorkerEnded() => Workers--;

    /// <summary>Takes the next job and its tokens. Null: nothing to do, or not now.</summary>
    public DeliveryJob? TryTake(DateTimeOffset now)
    {
        if (_jobs.Count == 0 || Suspensions.IsSuspended(now) || Overrides.Suspension(now) is not null || Overrides.NextAt(now) > now)
        {
            return null;
        }

        if (_jobs.TryTake(this, now) is not { } job)
        {
            return null;
        }

        // Cannot fail: no more jobs are let in than the day has left.
        Budgets?.TryTake(Path.Key, now);

        LastUsed = now;
        _active++;
        Overrides.Take(now);
        Begin(_throttles, job, now);
        Begin(job.Throttles, job, now);
        return job;
    }

    /// <summary>A job that was taken ended: its connections count no more.</summary>
    public void End(DeliveryJob job)
    {
        _active--;
        End(_throttles);
        End(job.Throttles);
    }

    /// <summary>Tokens for one more transaction of a job under way: null when taken, else what holds it back.</summary>
    public ThrottleWait? TryTakeTokens(DeliveryJob job, DateTimeOffset now)
    {
        var bytes = job.Task.Message.SizeBytes;
        if (Longer(ThrottleSet.WaitOf(_throttles, now, bytes, needsConnection: false), ThrottleSet.WaitOf(job.Throttles, now, bytes, needsConnection: false)) is { } wait)
        {
            return wait;
        }

        if (Overrides.NextAt(now) is var next && next > now)
        {
            return new ThrottleWait(SetForATime, "a message rate set for a time", next);
        }

        Overrides.Take(now);
        ThrottleSet.Take(_throttles, now, bytes);
        ThrottleSet.Take(job.Throttles, now, bytes);
        return null;
    }

    /// <summary>What holds this waiting job back, its connection included; null when it may go.</summary>
    public ThrottleWait? WaitOf(DeliveryJob job, DateTimeOffset now)
    {
        var bytes = job.Task.Message.SizeBytes;
        return Longer(ThrottleSet.WaitOf(_throttles, now, bytes), ThrottleSet.WaitOf(job.Throttles, now, bytes));
    }

    /// <summary>When waiting jobs can go on although nothing ends before; null when only an end can help.</summary>
    public DateTimeOffset? WakeAt(DateTimeOffset now)
    {
        if (_jobs.Count == 0)
        {
            return null;
        }

        if (Suspensions.IsSuspended(now))
        {
            return Suspensions.Current!.Until;
        }

        if (Overrides.NextAt(now) is var set && set > now)
        {
            return set;
        }

        return (_throttles.Length > 0 || _hasThrottledJobs) && _jobs.NextAt(this, now) is var next && next > now && next < DateTimeOffset.MaxValue ? next : null;
    }

    /// <summary>Takes out what waits, for a suspension or the stop.</summary>
    /// <param name="matches">Null: all of it.</param>
    public List<DeliveryJob> Drain(Func<DeliveryJob, bool>? matches = null)
    {
        var jobs = _jobs.Drain(matches);
        foreach (var job in jobs)
        {
            ThrottleSet.Hold(_throttles, -1);
            ThrottleSet.Hold(job.Throttles, -1);
        }

        return jobs;
    }

    /// <summary>Remembers a lane to be asked again when there is room; beyond the bound the periodic look at the store finds it.</summary>
    public void WaitForRoom(QueueLane lane) => _waiting.Add(lane);

    /// <summary>The next lane in turn that waits for room; null when none does.</summary>
    public QueueLane? NextWaitingLane() => _waiting.Next();

    /// <summary>Draws the conclusions of an attempt.</summary>
    /// <param name="route">Which of the site's hosts it is about, where the feedback names none.</param>
    /// <returns>Not null when this suspended the path.</returns>
    public PathSuspended? Apply(SiteFeedback feedback, Route? route, DateTimeOffset now)
    {
        LastUsed = now;
        Tally.Add(feedback, now);
        switch (feedback.Kind)
        {
            case FeedbackKind.Success:
                _answering.Add(feedback.Host, now);
                Window.Succeeded();
                Suspensions.Succeeded();
                return null;
            case FeedbackKind.ConnectionFailure when Suspensions.Current is null && !_answering.Concerns(feedback.Host, route, now):
                return null;
            case FeedbackKind.ConnectionFailure:
                Window.Failed();
                return Suspensions.Failed(now, feedback.Reason) ? new PathSuspended(Suspensions.Current!, Drain()) : null;
            default:
                return null;
        }
    }

    private int AllowedWorkers(DateTimeOffset now)
    {
        if (Suspensions.IsSuspended(now) || Overrides.Suspension(now) is not null)
        {
            return 0;
        }

        return Suspensions.IsProbing(now) ? 1 : Math.Min(Window.Allowed, Overrides.MaxConnections(now));
    }

    private DateTimeOffset NextTokenAt(DateTimeOffset now)
    {
        var own = ThrottleSet.WaitOf(_throttles, now, bytes: 0, needsConnection: false)?.Until ?? now;
        var set = Overrides.NextAt(now);
        return own > set ? own : set;
    }

    // All that is here, at the throttles: plus or minus one for each.
    private void Count(int sign)
    {
        ThrottleSet.Hold(_throttles, sign * (Length + Reserved));
        foreach (var throttle in _throttles)
        {
            throttle.Begin(sign * _active);
        }
    }

    private static ThrottleWait? Longer(ThrottleWait? left, ThrottleWait? right) =>
        left is null ? right : right is null || left.Value.Until >= right.Value.Until ? left : right;

    private static void Begin(Throttle[] throttles, DeliveryJob job, DateTimeOffset now)
    {
        foreach (var throttle in throttles)
        {
            throttle.Take(now, job.Task.Message.SizeBytes);
            throttle.Begin();
            throttle.Hold(-1);
        }
    }

    private static void End(Throttle[] throttles)
    {
        foreach (var throttle in throttles)
        {
            throttle.End();
        }
    }

    // Asked again when the horizon reaches the token, yet never in a busy loop.
    private static DateTimeOffset LookAgainAt(DateTimeOffset next, DateTimeOffset now)
    {
        var soonest = now + TimeSpan.FromMilliseconds(50);
        return next - RateHorizon > soonest ? next - RateHorizon : soonest;
    }
}
