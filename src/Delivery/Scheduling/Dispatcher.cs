using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Brings tasks to the queues of their paths and workers to the queues, within the window and the limits.</summary>
/// <remarks>
/// One short lock (<see cref="Gate"/>) guards the window, all site queues, throttles, overrides and the budget of connections; nothing is
/// awaited and nobody is called under it but the starter of workers, which only schedules, and the map of due lanes. Behind it
/// <see cref="LeasePlanner"/> reserves room, <see cref="TaskPlacer"/> queues what was leased, <see cref="WorkerPump"/> starts workers,
/// <see cref="LaneWaker"/> asks again who waited, and <see cref="JobReturns"/> gives back.
/// </remarks>
internal sealed class Dispatcher : IImmediateDispatch
{
    private readonly RouteResolver _routes;
    private readonly TimeProvider _time;
    private readonly DeliveryWindow _window;
    private readonly WorkerBudget _budget;
    private readonly WorkerPump _workers;
    private readonly LaneWaker _lanes;
    private readonly LeasePlanner _planner;
    private readonly JobReturns _returns;
    private readonly TaskPlacer _placer;
    private readonly Reservations _reservations = new();

    public Dispatcher(DeliveryOptions options, RouteResolver routes, EgressPools pools, TimeProvider time, IPathBudgets? budgets = null)
    {
        _routes = routes;
        _time = time;
        _window = new DeliveryWindow(options.WindowTasks, options.WindowBytes);
        _budget = new WorkerBudget(options);
        _workers = new WorkerPump(_budget);
        Throttles = new ThrottleRegistry(options);
        Paths = new SitePaths(options, pools, Overrides, Throttles, Suspended, budgets);
        _lanes = new LaneWaker(_window, Throttles, LeasePlanner.RateHorizon);
        _planner = new LeasePlanner(_window, Paths, Throttles, Suspended, _lanes);
        _returns = new JobReturns(_window);
        _placer = new TaskPlacer(_window, Paths, _planner, _returns, Suspended, _workers);
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
            _workers.Start(startWorker);
            _lanes.Start(laneReady);
        }
    }

    /// <summary>No new work from here on; returns what waited, to be given back.</summary>
    public IReadOnlyList<DeliveryJob> Stop()
    {
        lock (Gate)
        {
            _workers.Stop();
            var jobs = Paths.All.SelectMany(q => q.Drain()).ToList();
            _window.Release(jobs.Count, jobs.Sum(job => job.Bytes));
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
            var lane = new QueueLane(queueKey, flow);
            if (!_workers.IsRunning || _planner.Reserve(lane, route, bytes, _time.GetUtcNow()) is not { } reservation)
            {
                return false;
            }

            _reservations.Add(lane, reservation);
            return true;
        }
    }

    public void Dispatch(DeliveryTask task)
    {
        lock (Gate)
        {
            _placer.Place(_reservations.Take(TaskPlacer.LaneOf(task), task.Content?.Length ?? 0), task, _time.GetUtcNow());
        }
    }

    public void CancelReservation(string queueKey, QueueFlow flow, long bytes)
    {
        lock (Gate)
        {
            var reservation = _reservations.Take(new QueueLane(queueKey, flow), bytes);
            _planner.Cancel(reservation);
            var now = _time.GetUtcNow();
            _lanes.WakeFor(reservation.Queue, now);
            _lanes.WakeForWindow(now);
        }
    }

    /// <summary>Reserves room for a lease of this lane, or remembers to ask again when there is some.</summary>
    /// <param name="quantum">Recipients of one lane leased in one turn, at most.</param>
    public LeasePlan? PlanLease(QueueLane lane, Route route, int quantum)
    {
        lock (Gate)
        {
            return _workers.IsRunning ? _planner.Plan(lane, route, quantum, _time.GetUtcNow()) : null;
        }
    }

    /// <summary>Uses a plan up: the leased tasks go to the queue, unused room is given back.</summary>
    public void Complete(LeasePlan plan, IReadOnlyList<DeliveryTask> tasks)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            _planner.Cancel(plan);
            foreach (var task in tasks)
            {
                _placer.Place(plan, task, now);
            }

            _workers.Pump(plan.Queue, now);
            _lanes.WakeFor(plan.Queue, now);
            _lanes.WakeForWindow(now);
        }
    }

    /// <summary>The next job for a worker that has done <paramref name="done"/> of them; null: it must end by <see cref="WorkerEnded"/>.</summary>
    public DeliveryJob? TakeNext(SiteQueue queue, int done)
    {
        lock (Gate)
        {
            return _workers.TakeNext(queue, done, _time.GetUtcNow());
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
            var suspended = queue.Apply(feedback, job.Route, now);
            if (suspended is not null)
            {
                _window.Release(suspended.Waiting.Count, suspended.Waiting.Sum(waiting => waiting.Bytes));
            }

            _workers.PumpBlocked(queue.Throttles, queue, now);
            _workers.PumpBlocked(job.Throttles, queue, now);
            _lanes.WakeFor(queue, now);
            _lanes.WakeForWindow(now);
            return suspended;
        }
    }

    public void WorkerEnded(SiteQueue queue)
    {
        lock (Gate)
        {
            _workers.Ended(queue, _time.GetUtcNow());
            _lanes.WakeFor(queue, _time.GetUtcNow());
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
                _workers.Pump(queue, now);
                if (queue.WakeAt(now) is { } wake && (next is null || wake < next))
                {
                    next = wake;
                }
            }

            _lanes.WakeThrottled(now);
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
            var probes = _workers.IsRunning ? Paths.All.Where(q => q.MayBeProbed(now) && isWanted(q.Path.Key)).Take(Math.Max(0, most)).ToList() : [];
            probes.ForEach(queue => queue.Reserve(1, []));
            return probes;
        }
    }

    /// <summary>A path that was down when an earlier process ended: it is probed before its mail goes.</summary>
    public void ResumeProbing(Route route, EgressSource source)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            Paths.QueueOf(route, source, now).Suspensions.Resume(now);
        }
    }

    public void ProbeEnded(SiteQueue queue, SiteFeedback feedback)
    {
        lock (Gate)
        {
            var now = _time.GetUtcNow();
            queue.ReleaseReserved(1, []);
            queue.Apply(feedback, queue.Route, now);
            _lanes.WakeFor(queue, now);
        }
    }

    /// <summary>Jobs taken out of their queues, to be given back to the store; each is handed out once.</summary>
    public IReadOnlyList<ReturnedJob> TakeReturns()
    {
        lock (Gate)
        {
            return _returns.Take();
        }
    }

    /// <summary>Takes jobs that were drained from a queue out of the window; <see cref="TakeReturns"/> hands them out. Under <see cref="Gate"/>.</summary>
    public void GiveBack(IEnumerable<DeliveryJob> jobs, DateTimeOffset? notBefore) => _returns.Add(jobs, notBefore);

    /// <summary>Gives back what waits in memory and is suspended. Under <see cref="Gate"/>.</summary>
    public void DrainSuspended() => _placer.DrainSuspended(_time.GetUtcNow());

    /// <summary>Looks at all queues, after suspensions ended. Under <see cref="Gate"/>.</summary>
    public void RefreshAll()
    {
        var now = _time.GetUtcNow();
        foreach (var queue in Paths.All)
        {
            Refresh(queue, now);
        }
    }

    /// <summary>The limits that are configured now hold from here on, for all paths at once; what feedback taught and what was counted stays.</summary>
    public void Renew()
    {
        lock (Gate)
        {
            Paths.Renew(_time.GetUtcNow());
            RefreshAll();
            _lanes.WakeThrottled(_time.GetUtcNow());
        }
    }

    /// <summary>Looks at a queue whose limits changed. Under <see cref="Gate"/>.</summary>
    public void Refresh(SiteQueue queue, DateTimeOffset now)
    {
        _workers.Pump(queue, now);
        _lanes.WakeFor(queue, now);
    }

    /// <summary>What an operator sees; <paramref name="idleConnections"/> counts pooled connections of a path.</summary>
    public DeliveryStatus Snapshot(Func<PathKey, int> idleConnections, OutboundHealth health)
    {
        lock (Gate)
        {
            return DeliveryStatus.Of(_window, _budget, Paths.All, Suspended, idleConnections, health, _time.GetUtcNow());
        }
    }
}
