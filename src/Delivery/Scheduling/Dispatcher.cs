using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Brings tasks to the queues of their paths and workers to the queues, within the window and the limits.</summary>
/// <remarks>
/// One short lock (<see cref="Gate"/>) guards the window, all site queues, throttles, overrides and the budget of connections; nothing is
/// awaited and nobody is called under it but the starter of workers, which only schedules, and the map of due lanes.
/// </remarks>
internal sealed class Dispatcher : IImmediateDispatch
{
    /// <summary>Jobs a worker does in a row while other sites wait for a connection of the common budget.</summary>
    private const int TurnLength = 20;

    // No site may fill the window alone, however large its queue.
    private const int SiteShare = 4;

    // Tasks are leased this long before their token is due, so that no limit waits for the store.
    private static readonly TimeSpan RateHorizon = TimeSpan.FromSeconds(2);

    private readonly DeliveryOptions _options;
    private readonly RouteResolver _routes;
    private readonly TimeProvider _time;
    private readonly DeliveryWindow _window;
    private readonly WorkerBudget _budget;
    private readonly Reservations _reservations = new();
    private readonly WaitingLanes _waitingForWindow = new();
    private readonly List<ReturnedJob> _returns = [];
    private Action<SiteQueue, DeliveryJob> _startWorker = static (_, _) => throw new InvalidOperationException("delivery has not started");
    private Action<QueueLane, DateTimeOffset> _laneReady = static (_, _) => { };
    private bool _isRunning;

    public Dispatcher(DeliveryOptions options, RouteResolver routes, EgressPools pools, TimeProvider time, IPathBudgets? budgets = null)
    {
        _options = options;
        _routes = routes;
        _time = time;
        _window = new DeliveryWindow(options.WindowTasks, options.WindowBytes);
        _budget = new WorkerBudget(options.MaxConnections);
        Throttles = new ThrottleRegistry(options);
        Paths = new SitePaths(options, pools, Overrides, Throttles, Suspended, budgets);
    }

    /// <summary>Guards all below; held for moments only.</summary>
    public Lock Gate { get; } = new();

    public OverrideTable Overrides { get; } = new();

    public ThrottleRegistry Throttles { get; }

    public SuspensionTable Suspended { get; } = new();

    public SitePaths Paths { get; }

    /// <summary>Under <see cref="Gate"/>.</summary>
    public bool IsWindowFull => _window.Room == 0;

    /// <summary>Workers of all paths, for who bounds open connections.</summary>
    public int RemoteWorkers
    {
        get
        {
            lock (Gate)
            {
                return _budget.Workers;
            }
        }
    }

    /// <summary>Opens the doors.</summary>
    /// <param name="startWorker">Schedules a worker with its first job; must not block or call back.</param>
    /// <param name="laneReady">Told when a lane that waited for room should be asked again, and when.</param>
    public void Start(Action<SiteQueue, DeliveryJob> startWorker, Action<QueueLane, DateTimeOffset> laneReady)
    {
        lock (Gate)
        {
            _startWorker = startWorker;
            _laneReady = laneReady;
            _isRunning = true;
        }
    }

    /// <summary>No new work from here on; returns what waited, to be given back.</summary>
    public IReadOnlyList<DeliveryJob> Stop()
    {
        lock (Gate)
        {
            _isRunning = false;
            var jobs = Paths.All.SelectMany(q => q.Drain()).ToList();
            foreach (var job in jobs)
            {
                _window.Release(1, job.Bytes);
            }

            return jobs;
        }
    }

    public bool TryReserve(string queueKey, QueueFlow flow, long bytes)
    {
        if (!_routes.TryGetKnown(queueKey, out var route))
        {
            return false;
        }

        lock (Gate)
        {
            var now = _time.GetUtcNow();
            route = Paths.Passable(route);
            if (!_isRunning || !_window.HasRoomFor(bytes))
            {
                return false;
            }

            var lane = new QueueLane(queueKey, flow);
            var throttles = ThrottlesOf(route, lane, now);
            if (IsSuspended(lane, now)
                || ThrottleSet.RoomBy(throttles, now, now + RateHorizon, out _) == 0
                || Paths.FindWithRoom(route, now, forProbe: false) is not { } queue)
            {
                return false;
            }

            queue.Reserve(1, throttles);
            _window.Take(1, bytes);
            _reservations.Add(lane, new Reservation(queue, route, throttles, bytes));
            return true;
        }
    }

    public void Dispatch(DeliveryTask task)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            var reservation = _reservations.Take(LaneOf(task), task.Content?.Length ?? 0);
            reservation.Queue.ReleaseReserved(1, reservation.Throttles);
            Enqueue(reservation.Queue, new DeliveryJob(task, reservation.Route, now, reservation.Bytes) { Throttles = reservation.Throttles }, now);
            Pump(reservation.Queue, now);
        }
    }

    public void CancelReservation(string queueKey, QueueFlow flow, long bytes)
    {
        lock (Gate)
        {
            var reservation = _reservations.Take(new QueueLane(queueKey, flow), bytes);
            reservation.Queue.ReleaseReserved(1, reservation.Throttles);
            _window.Release(1, reservation.Bytes);
            var now = _time.GetUtcNow();
            WakeLanes(reservation.Queue, now);
            WakeLanesForWindow(now);
        }
    }

    /// <summary>Reserves room for a lease of this lane, or remembers to ask again when there is some.</summary>
    /// <param name="quantum">Recipients of one lane leased in one turn, at most.</param>
    public LeasePlan? PlanLease(QueueLane lane, Route route, int quantum)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            if (!_isRunning)
            {
                return null;
            }

            // The periodic look at the store brings the lane back.
            if (IsSuspended(lane, now))
            {
                return null;
            }

            if (_window.Room == 0)
            {
                _waitingForWindow.Add(lane);
                return null;
            }

            var throttles = ThrottlesOf(route, lane, now);
            var tokens = ThrottleSet.RoomBy(throttles, now, now + RateHorizon, out var tightest);
            if (tokens == 0)
            {
                Throttles.Wait(tightest!, lane);
                return null;
            }

            var queue = Paths.FindWithRoom(route, now, forProbe: true);
            if (queue is null && Paths.Passable(route) is var other && other != route)
            {
                route = other;
                queue = Paths.FindWithRoom(route, now, forProbe: true);
            }

            if (queue is null)
            {
                if (Paths.WaitForRoom(lane, route, now) is { } at)
                {
                    _laneReady(lane, at);
                }

                return null;
            }

            var share = Math.Max(1, _window.MaxTasks / SiteShare);
            var count = Math.Min(Math.Min(Math.Min(queue.RoomAt(now).Tasks, quantum), tokens), Math.Min(_window.Room, share));
            queue.Reserve(count, throttles);
            _window.Take(count, 0);
            return new LeasePlan(queue, route, lane, count, throttles, queue.Suspensions.IsProbing(now));
        }
    }

    /// <summary>Uses a plan up: the leased tasks go to the queue, unused room is given back.</summary>
    public void Complete(LeasePlan plan, IReadOnlyList<DeliveryTask> tasks)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            plan.Queue.ReleaseReserved(plan.Count, plan.Throttles);
            _window.Release(plan.Count, 0);
            foreach (var task in tasks)
            {
                Add(plan, task, now);
            }

            Pump(plan.Queue, now);
            WakeLanes(plan.Queue, now);
            WakeLanesForWindow(now);
        }
    }

    /// <summary>The next job for a worker that has done <paramref name="done"/> of them; null: it must end by <see cref="WorkerEnded"/>.</summary>
    public DeliveryJob? TakeNext(SiteQueue queue, int done)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            var mustYield = done >= TurnLength && queue.IsRemote && _budget.HasStarved;
            return _isRunning && !mustYield && queue.CanContinueWorker(now) ? queue.TryTake(now) : null;
        }
    }

    /// <summary>A job ended: feedback to the path, room in the window.</summary>
    /// <returns>Not null when this suspended the path.</returns>
    public PathSuspended? JobEnded(SiteQueue queue, DeliveryJob job, SiteFeedback feedback)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            _window.Release(1, job.Bytes);
            queue.End(job);
            var suspended = queue.Apply(feedback, now);
            foreach (var waiting in suspended?.Waiting ?? [])
            {
                _window.Release(1, waiting.Bytes);
            }

            PumpBlocked(queue.Throttles, queue, now);
            PumpBlocked(job.Throttles, queue, now);
            WakeLanes(queue, now);
            WakeLanesForWindow(now);
            return suspended;
        }
    }

    public void WorkerEnded(SiteQueue queue)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            queue.WorkerEnded();
            _budget.Ended(queue);

            // Others first: a site that just had its turn stands behind those that waited for a connection.
            for (var waiting = _budget.StarvedCount; waiting > 0 && !_budget.IsSpent; waiting--)
            {
                if (_budget.NextStarved() is { } next && next != queue)
                {
                    Pump(next, now);
                }
            }

            Pump(queue, now);
            WakeLanes(queue, now);
        }
    }

    /// <summary>Tokens for one more transaction of a running job: null when taken, else what holds it back.</summary>
    public ThrottleWait? TryTakeTokens(SiteQueue queue, DeliveryJob job)
    {
        lock (Gate)
        {
            return queue.TryTakeTokens(job, _time.GetUtcNow());
        }
    }

    /// <summary>Starts workers for queues whose time has come (a token, the end of a suspension) and forgets paths long unused.</summary>
    /// <returns>When to call again at the latest; null when only other calls can change something.</returns>
    public DateTimeOffset? Tick()
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            DateTimeOffset? next = null;
            foreach (var queue in Paths.All)
            {
                Pump(queue, now);
                if (queue.WakeAt(now) is { } wake && (next is null || wake < next))
                {
                    next = wake;
                }
            }

            WakeThrottledLanes(now);
            Paths.ForgetUnused(now);
            Overrides.Expire(now);
            if (Suspended.Expire(now))
            {
                RefreshAll();
            }

            return next;
        }
    }

    /// <summary>Idle paths whose suspension is over and whose site has not answered yet; each counts as in use until <see cref="ProbeEnded"/>.</summary>
    public IReadOnlyList<SiteQueue> TakeProbes(Func<PathKey, bool> isWanted, int most)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            var probes = Paths.All
                .Where(q => _isRunning && q.IsRemote && q.Route is not null && q.Suspensions.IsProbing(now) && q.Length + q.Reserved + q.Workers == 0)
                .Where(q => isWanted(q.Path.Key))
                .Take(Math.Max(0, most))
                .ToList();
            probes.ForEach(queue => queue.Reserve(1, []));
            return probes;
        }
    }

    public void ProbeEnded(SiteQueue queue, SiteFeedback feedback)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            queue.ReleaseReserved(1, []);
            queue.Apply(feedback, now);
            WakeLanes(queue, now);
        }
    }

    /// <summary>Jobs taken out of their queues, to be given back to the store; each is handed out once.</summary>
    public IReadOnlyList<ReturnedJob> TakeReturns()
    {
        lock (Gate)
        {
            if (_returns.Count == 0)
            {
                return [];
            }

            ReturnedJob[] returns = [.. _returns];
            _returns.Clear();
            return returns;
        }
    }

    /// <summary>Takes jobs that were drained from a queue out of the window; <see cref="TakeReturns"/> hands them out. Under <see cref="Gate"/>.</summary>
    public void GiveBack(IEnumerable<DeliveryJob> jobs, DateTimeOffset? notBefore)
    {
        foreach (var job in jobs)
        {
            _window.Release(1, job.Bytes);
            _returns.Add(new ReturnedJob(job.Task, notBefore));
        }
    }

    /// <summary>Gives back what waits in memory and is suspended. Under <see cref="Gate"/>.</summary>
    public void DrainSuspended()
    {
        var now = _time.GetUtcNow();
        foreach (var queue in Paths.All)
        {
            var isWholePath = Suspended.OfPath(queue.Path.Key, now) is not null;
            GiveBack(queue.Drain(job => isWholePath || IsSuspended(LaneOf(job.Task), now)), notBefore: null);
        }
    }

    /// <summary>Looks at all queues, after suspensions ended. Under <see cref="Gate"/>.</summary>
    public void RefreshAll()
    {
        var now = _time.GetUtcNow();
        foreach (var queue in Paths.All)
        {
            Refresh(queue, now);
        }
    }

    /// <summary>Looks at a queue whose limits changed. Under <see cref="Gate"/>.</summary>
    public void Refresh(SiteQueue queue, DateTimeOffset now)
    {
        Pump(queue, now);
        WakeLanes(queue, now);
    }

    /// <summary>What an operator sees; <paramref name="idleConnections"/> counts pooled connections of a path.</summary>
    public DeliveryStatus Snapshot(Func<PathKey, int> idleConnections, OutboundHealth health)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            return new DeliveryStatus
            {
                At = now,
                WindowTasks = _window.Tasks,
                MaxWindowTasks = _window.MaxTasks,
                WindowBytes = _window.Bytes,
                MaxWindowBytes = _window.MaxBytes,
                BusyConnections = _budget.Workers,
                MaxConnections = _budget.Max,
                Outbound = health,
                Sites = Paths.All.Select(q => SiteStatus.Of(q, idleConnections(q.Path.Key), now)).OrderBy(s => s.Site, StringComparer.Ordinal).ToList(),
            };
        }
    }

    private static QueueLane LaneOf(DeliveryTask task) => new(task.QueueKey, QueueFlow.Of(task.Message));

    // Work without a network is limited by nothing but the window.
    private Throttle[] ThrottlesOf(Route route, QueueLane lane, DateTimeOffset now) =>
        route.IsRemote ? Throttles.OfFlow(lane.Flow, RouteKey.Parse(lane.Key).Destination, now) : [];

    /// <summary>Queues a leased task, on the fallback of its route when it has failed often enough; that may exceed its room by one batch.</summary>
    private void Add(LeasePlan plan, DeliveryTask task, DateTimeOffset now)
    {
        var route = plan.Route.For(task.Recipients.Max(r => r.Attempts));
        var queue = route == plan.Route ? plan.Queue : Paths.FindAny(route, now) ?? plan.Queue;
        var lane = LaneOf(task);
        var job = new DeliveryJob(task, route, now, task.Content?.Length ?? 0)
        {
            Throttles = lane == plan.Lane && route == plan.Route ? plan.Throttles : ThrottlesOf(route, lane, now),
        };
        _window.Take(1, job.Bytes);
        Enqueue(queue, job, now);
        if (queue != plan.Queue)
        {
            Pump(queue, now);
        }
    }

    /// <summary>What was suspended while it was on its way goes back instead.</summary>
    private void Enqueue(SiteQueue queue, DeliveryJob job, DateTimeOffset now)
    {
        if (IsSuspended(LaneOf(job.Task), now) || Suspended.OfPath(queue.Path.Key, now) is not null)
        {
            GiveBack([job], notBefore: null);
        }
        else
        {
            queue.Add(job);
        }
    }

    private bool IsSuspended(QueueLane lane, DateTimeOffset now) => Suspended.OfFlow(lane.Flow, RouteKey.Parse(lane.Key).Destination, now) is not null;

    private void Pump(SiteQueue queue, DateTimeOffset now)
    {
        while (_isRunning && queue.CanStartWorker(now))
        {
            if (queue.IsRemote && _budget.IsSpent)
            {
                _budget.Starve(queue);
                return;
            }

            if (queue.TryTake(now) is not { } job)
            {
                return;
            }

            queue.WorkerStarted();
            _budget.Started(queue);
            _startWorker(queue, job);
        }
    }

    /// <summary>Hands freed connections on; the queue that just had one comes last.</summary>
    private void PumpBlocked(IReadOnlyList<Throttle> throttles, SiteQueue last, DateTimeOffset now)
    {
        foreach (var throttle in throttles)
        {
            if (throttle.Blocked.Count == 0)
            {
                continue;
            }

            SiteQueue[] blocked = [.. throttle.Blocked.OrderBy(queue => queue == last)];
            throttle.Blocked.Clear();
            foreach (var queue in blocked)
            {
                Pump(queue, now);
            }
        }
    }

    private void WakeLanes(SiteQueue queue, DateTimeOffset now)
    {
        var room = queue.RoomAt(now);
        if (!room.HasAny && room.NotBefore is null)
        {
            return;
        }

        // A batch per lane at a time: waking all of them for one free place would only make them wait again.
        for (var count = Math.Max(1, room.Tasks / 10); count > 0 && queue.NextWaitingLane() is { } lane; count--)
        {
            _laneReady(lane, room.NotBefore ?? now);
        }
    }

    private void WakeLanesForWindow(DateTimeOffset now)
    {
        if (_window.Room > 0 && _waitingForWindow.Next() is { } lane)
        {
            _laneReady(lane, now);
        }
    }

    private void WakeThrottledLanes(DateTimeOffset now)
    {
        List<Throttle>? done = null;
        foreach (var throttle in Throttles.Waited)
        {
            for (var room = throttle.RoomBy(now, now + RateHorizon); room > 0 && throttle.Waiting.Next() is { } lane; room--)
            {
                _laneReady(lane, now);
            }

            if (throttle.Waiting.Count == 0)
            {
                (done ??= []).Add(throttle);
            }
        }

        done?.ForEach(Throttles.ForgetWaited);
    }
}
