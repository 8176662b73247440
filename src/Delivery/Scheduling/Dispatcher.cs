using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Brings tasks to the queues of their paths and workers to the queues, within the window and the limits.</summary>
/// <remarks>
/// One short lock guards the window, all site queues and the budget of connections; nothing is awaited and nobody is called under it
/// but <see cref="_startWorker"/>, which only schedules. Ready-made decisions (<see cref="Room"/>) carry their reason.
/// </remarks>
internal sealed class Dispatcher : IImmediateDispatch, IPathControl
{
    /// <summary>Jobs a worker does in a row while other sites wait for a connection of the common budget.</summary>
    private const int TurnLength = 20;

    // No site may fill the window alone, however large its queue.
    private const int SiteShare = 4;
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private readonly DeliveryOptions _options;
    private readonly RouteResolver _routes;
    private readonly EgressPools _pools;
    private readonly TimeProvider _time;
    private readonly DeliveryWindow _window;
    private readonly Dictionary<PathKey, SiteQueue> _queues = [];
    private readonly OverrideTable _overrides = new();
    private readonly List<ReturnedJob> _returns = [];
    private readonly Reservations _reservations = new();
    private readonly Queue<SiteQueue> _starved = new();
    private readonly Queue<string> _waitingForWindow = new();
    private readonly HashSet<string> _waitingForWindowSet = new(StringComparer.Ordinal);
    private Action<SiteQueue, DeliveryJob> _startWorker = static (_, _) => throw new InvalidOperationException("delivery has not started");
    private Action<string, DateTimeOffset> _keyReady = static (_, _) => { };
    private int _remoteWorkers;
    private bool _isRunning;

    public Dispatcher(DeliveryOptions options, RouteResolver routes, EgressPools pools, TimeProvider time)
    {
        _options = options;
        _routes = routes;
        _pools = pools;
        _time = time;
        _window = new DeliveryWindow(options.WindowTasks, options.WindowBytes);
    }

    /// <summary>Opens the doors.</summary>
    /// <param name="startWorker">Schedules a worker with its first job; must not block or call back.</param>
    /// <param name="keyReady">Told when a key that waited for room should be asked again, and when.</param>
    public void Start(Action<SiteQueue, DeliveryJob> startWorker, Action<string, DateTimeOffset> keyReady)
    {
        lock (_gate)
        {
            _startWorker = startWorker;
            _keyReady = keyReady;
            _isRunning = true;
        }
    }

    /// <summary>No new work from here on; returns what waited, to be given back.</summary>
    public IReadOnlyList<DeliveryJob> Stop()
    {
        lock (_gate)
        {
            _isRunning = false;
            var jobs = _queues.Values.SelectMany(q => q.Drain()).ToList();
            foreach (var job in jobs)
            {
                _window.Release(1, job.Bytes);
            }

            return jobs;
        }
    }

    public bool TryReserve(string queueKey, long bytes)
    {
        if (!_routes.TryGetKnown(queueKey, out var route))
        {
            return false;
        }

        lock (_gate)
        {
            var now = _time.GetUtcNow();
            route = Passable(route);
            if (!_isRunning || !_window.HasRoomFor(bytes) || FindQueueWithRoom(route, now, forProbe: false) is not { } queue)
            {
                return false;
            }

            queue.Reserve(1);
            _window.Take(1, bytes);
            _reservations.Add(queueKey, new Reservation(queue, route, bytes));
            return true;
        }
    }

    public void Dispatch(DeliveryTask task)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var reservation = _reservations.Take(task.QueueKey, task.Content?.Length ?? 0);
            reservation.Queue.ReleaseReserved(1);
            reservation.Queue.Add(new DeliveryJob(task, reservation.Route, now, reservation.Bytes));
            Pump(reservation.Queue, now);
        }
    }

    public void CancelReservation(string queueKey, long bytes)
    {
        lock (_gate)
        {
            var reservation = _reservations.Take(queueKey, bytes);
            reservation.Queue.ReleaseReserved(1);
            _window.Release(1, reservation.Bytes);
            var now = _time.GetUtcNow();
            WakeKeys(reservation.Queue, now);
            WakeKeysForWindow(now);
        }
    }

    /// <summary>Reserves room for a lease of this key, or remembers to ask again when there is some.</summary>
    /// <param name="quantum">Recipients of one key leased in one turn, at most.</param>
    public LeasePlan? PlanLease(string queueKey, Route route, int quantum)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            if (!_isRunning)
            {
                return null;
            }

            if (_window.Room == 0)
            {
                if (_waitingForWindowSet.Add(queueKey))
                {
                    _waitingForWindow.Enqueue(queueKey);
                }

                return null;
            }

            var queue = FindQueueWithRoom(route, now, forProbe: true);
            if (queue is null && Passable(route) is var other && other != route)
            {
                route = other;
                queue = FindQueueWithRoom(route, now, forProbe: true);
            }

            if (queue is null)
            {
                WaitForRoom(queueKey, route, now);
                return null;
            }

            var room = queue.RoomAt(now);
            var share = Math.Max(1, _window.MaxTasks / SiteShare);
            var count = Math.Min(Math.Min(room.Tasks, quantum), Math.Min(_window.Room, share));
            queue.Reserve(count);
            _window.Take(count, 0);
            return new LeasePlan(queue, route, count, queue.Suspensions.IsProbing(now));
        }
    }

    /// <summary>Uses a plan up: the leased tasks go to the queue, unused room is given back.</summary>
    public void Complete(LeasePlan plan, IReadOnlyList<DeliveryTask> tasks)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            plan.Queue.ReleaseReserved(plan.Count);
            _window.Release(plan.Count, 0);
            foreach (var task in tasks)
            {
                Add(plan, task, now);
            }

            Pump(plan.Queue, now);
            WakeKeys(plan.Queue, now);
            WakeKeysForWindow(now);
        }
    }

    /// <summary>The next job for a worker that has done <paramref name="done"/> of them; null: it must end by <see cref="WorkerEnded"/>.</summary>
    public DeliveryJob? TakeNext(SiteQueue queue, int done)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var mustYield = done >= TurnLength && queue.IsRemote && _starved.Count > 0;
            return _isRunning && !mustYield && queue.CanContinueWorker(now) ? queue.TryTake(now) : null;
        }
    }

    /// <summary>A job ended: feedback to the path, room in the window.</summary>
    /// <returns>Not null when this suspended the path.</returns>
    public PathSuspended? JobEnded(SiteQueue queue, DeliveryJob job, SiteFeedback feedback)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            _window.Release(1, job.Bytes);
            var suspended = Apply(queue, feedback, now);
            foreach (var waiting in suspended?.Waiting ?? [])
            {
                _window.Release(1, waiting.Bytes);
            }

            WakeKeys(queue, now);
            WakeKeysForWindow(now);
            return suspended;
        }
    }

    public void WorkerEnded(SiteQueue queue)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            queue.WorkerEnded();
            if (queue.IsRemote)
            {
                _remoteWorkers--;
            }

            // Others first: a site that just had its turn stands behind those that waited for a connection.
            for (var waiting = _starved.Count; waiting > 0 && _remoteWorkers < _options.MaxConnections; waiting--)
            {
                if (_starved.Dequeue() is var next && next != queue)
                {
                    Pump(next, now);
                }
            }

            Pump(queue, now);
            WakeKeys(queue, now);
        }
    }

    /// <summary>A token for one more transaction of a running job: null when taken, else when there may be one.</summary>
    public DateTimeOffset? TryTakeToken(SiteQueue queue)
    {
        lock (_gate)
        {
            return queue.TryTakeToken(_time.GetUtcNow());
        }
    }

    /// <summary>Starts workers for queues whose time has come (a token, the end of a suspension) and forgets paths long unused.</summary>
    /// <returns>When to call again at the latest; null when only other calls can change something.</returns>
    public DateTimeOffset? Tick()
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            DateTimeOffset? next = null;
            List<PathKey>? forgotten = null;
            foreach (var (key, queue) in _queues)
            {
                Pump(queue, now);
                if (queue.WakeAt(now) is { } wake && (next is null || wake < next))
                {
                    next = wake;
                }

                if (queue.IsIdle && !queue.Suspensions.IsSuspended(now) && now - queue.LastUsed > ForgetAfter)
                {
                    (forgotten ??= []).Add(key);
                }
            }

            forgotten?.ForEach(key => _queues.Remove(key));
            _overrides.Expire(now);
            return next;
        }
    }

    public bool Set(PathKey path, LimitOverride change)
    {
        lock (_gate)
        {
            if (!_overrides.Set(path, change))
            {
                return false;
            }

            if (_queues.TryGetValue(path, out var queue))
            {
                queue.Overrides = _overrides.Find(path);
                GiveBack(change.IsSuspension ? queue.Drain() : [], change.Until);
            }

            return true;
        }
    }

    public bool Remove(PathKey path, string name)
    {
        lock (_gate)
        {
            var isRemoved = _overrides.Remove(path, name);
            if (isRemoved && _queues.TryGetValue(path, out var queue))
            {
                var now = _time.GetUtcNow();
                Pump(queue, now);
                WakeKeys(queue, now);
            }

            return isRemoved;
        }
    }

    public bool IsDown(PathKey path)
    {
        lock (_gate)
        {
            return _queues.TryGetValue(path, out var queue) && queue.Suspensions.Current is not null;
        }
    }

    /// <summary>Idle paths whose suspension is over and whose site has not answered yet; each counts as in use until <see cref="ProbeEnded"/>.</summary>
    public IReadOnlyList<SiteQueue> TakeProbes(Func<PathKey, bool> isWanted, int most)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            var probes = _queues.Values
                .Where(q => _isRunning && q.IsRemote && q.Route is not null && q.Suspensions.IsProbing(now) && q.Length + q.Reserved + q.Workers == 0)
                .Where(q => isWanted(q.Path.Key))
                .Take(Math.Max(0, most))
                .ToList();
            probes.ForEach(queue => queue.Reserve(1));
            return probes;
        }
    }

    public void ProbeEnded(SiteQueue queue, SiteFeedback feedback)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            queue.ReleaseReserved(1);
            Apply(queue, feedback, now);
            WakeKeys(queue, now);
        }
    }

    public int ConnectionsOf(PathKey path)
    {
        lock (_gate)
        {
            return _queues.TryGetValue(path, out var queue) ? Math.Max(1, queue.Workers > 0 ? queue.Workers : queue.Window.Allowed) : 1;
        }
    }

    public IReadOnlyList<LimitOverride> Active(PathKey path)
    {
        lock (_gate)
        {
            return _overrides.Find(path).Active(_time.GetUtcNow());
        }
    }

    public IReadOnlyList<(PathKey Path, LimitOverride Change)> Active()
    {
        lock (_gate)
        {
            return _overrides.Active(_time.GetUtcNow());
        }
    }

    /// <summary>Jobs taken out of their queues, to be given back to the store; each is handed out once.</summary>
    public IReadOnlyList<ReturnedJob> TakeReturns()
    {
        lock (_gate)
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

    /// <summary>Workers of a path and of all, for who bounds open connections.</summary>
    public int RemoteWorkers
    {
        get
        {
            lock (_gate)
            {
                return _remoteWorkers;
            }
        }
    }

    /// <summary>What an operator sees; <paramref name="idleConnections"/> counts pooled connections of a path.</summary>
    public DeliveryStatus Snapshot(Func<PathKey, int> idleConnections, OutboundHealth health)
    {
        lock (_gate)
        {
            var now = _time.GetUtcNow();
            return new DeliveryStatus
            {
                At = now,
                WindowTasks = _window.Tasks,
                MaxWindowTasks = _window.MaxTasks,
                WindowBytes = _window.Bytes,
                MaxWindowBytes = _window.MaxBytes,
                BusyConnections = _remoteWorkers,
                MaxConnections = _options.MaxConnections,
                Outbound = health,
                Sites = _queues.Values.Select(q => SiteStatus.Of(q, idleConnections(q.Path.Key), now)).OrderBy(s => s.Site, StringComparer.Ordinal).ToList(),
            };
        }
    }

    private SiteQueue? FindQueueWithRoom(Route route, DateTimeOffset now, bool forProbe)
    {
        bool HasRoom(EgressSource source)
        {
            var queue = QueueOf(route, source, now);
            return (forProbe || queue.Suspensions.Current is null) && queue.RoomAt(now).HasAny;
        }

        return _pools.Find(route.Site.Limits.Pool.Value).Next(HasRoom) is { } source ? QueueOf(route, source, now) : null;
    }

    private SiteQueue QueueOf(Route route, EgressSource source, DateTimeOffset now)
    {
        var key = new PathKey(route.Site.Name, source.Name);
        if (!_queues.TryGetValue(key, out var queue))
        {
            var path = new EgressPath(route.Site, source);
            _queues[key] = queue = new SiteQueue(path, route.IsRemote, _options.Suspension, _overrides.Find(key)) { LastUsed = now };
        }

        queue.Route = route;
        return queue;
    }

    /// <summary>Queues a leased task, on the fallback of its route when it has failed often enough; that may exceed its room by one batch.</summary>
    private void Add(LeasePlan plan, DeliveryTask task, DateTimeOffset now)
    {
        var route = plan.Route.For(task.Recipients.Max(r => r.Attempts));
        var queue = plan.Queue;
        if (route != plan.Route && _pools.Find(route.Site.Limits.Pool.Value).Next(static _ => true) is { } source)
        {
            queue = QueueOf(route, source, now);
        }

        var job = new DeliveryJob(task, route, now, task.Content?.Length ?? 0);
        _window.Take(1, job.Bytes);
        queue.Add(job);
        if (queue != plan.Queue)
        {
            Pump(queue, now);
        }
    }

    /// <summary>The route, or its fallback while every path of the route is suspended.</summary>
    private Route Passable(Route route) =>
        route.Fallback is { } fallback && _pools.Find(route.Site.Limits.Pool.Value).Sources.All(s => IsSuspended(route, s)) ? fallback : route;

    private bool IsSuspended(Route route, EgressSource source) =>
        _queues.TryGetValue(new PathKey(route.Site.Name, source.Name), out var queue) && queue.Suspensions.Current is not null;

    /// <summary>Parks the key where the room will come from, and by the clock where time brings it.</summary>
    private void WaitForRoom(string queueKey, Route route, DateTimeOffset now)
    {
        DateTimeOffset? earliest = null;
        foreach (var source in _pools.Find(route.Site.Limits.Pool.Value).Sources)
        {
            var queue = QueueOf(route, source, now);
            if (queue.RoomAt(now).NotBefore is not { } time)
            {
                queue.WaitForRoom(queueKey);
            }
            else if (earliest is null || time < earliest)
            {
                earliest = time;
            }
        }

        if (earliest is { } at)
        {
            _keyReady(queueKey, at);
        }
    }

    private void Pump(SiteQueue queue, DateTimeOffset now)
    {
        while (_isRunning && queue.CanStartWorker(now))
        {
            if (queue.IsRemote && _remoteWorkers >= _options.MaxConnections)
            {
                if (!_starved.Contains(queue))
                {
                    _starved.Enqueue(queue);
                }

                return;
            }

            if (queue.TryTake(now) is not { } job)
            {
                return;
            }

            queue.WorkerStarted();
            _remoteWorkers += queue.IsRemote ? 1 : 0;
            _startWorker(queue, job);
        }
    }

    private static PathSuspended? Apply(SiteQueue queue, SiteFeedback feedback, DateTimeOffset now)
    {
        queue.LastUsed = now;
        queue.Remember(feedback.Reply, now);
        queue.DeliveredCount += feedback.Delivered;
        queue.DeferredCount += feedback.Deferred;
        queue.RejectedCount += feedback.Rejected;
        switch (feedback.Kind)
        {
            case FeedbackKind.Success:
                queue.Window.Succeeded();
                queue.Suspensions.Succeeded();
                return null;
            case FeedbackKind.ConnectionFailure:
                queue.Window.Failed();
                return queue.Suspensions.Failed(now, feedback.Reason) ? new PathSuspended(queue.Suspensions.Current!, queue.Drain()) : null;
            default:
                return null;
        }
    }

    private void WakeKeys(SiteQueue queue, DateTimeOffset now)
    {
        var room = queue.RoomAt(now);
        if (!room.HasAny && room.NotBefore is null)
        {
            return;
        }

        // A batch per key at a time: waking all of them for one free place would only make them wait again.
        for (var count = Math.Max(1, room.Tasks / 10); count > 0 && queue.NextWaitingKey() is { } key; count--)
        {
            _keyReady(key, room.NotBefore ?? now);
        }
    }

    private void GiveBack(List<DeliveryJob> jobs, DateTimeOffset? notBefore)
    {
        foreach (var job in jobs)
        {
            _window.Release(1, job.Bytes);
            _returns.Add(new ReturnedJob(job.Task, notBefore));
        }
    }

    private void WakeKeysForWindow(DateTimeOffset now)
    {
        if (_window.Room > 0 && _waitingForWindow.TryDequeue(out var key))
        {
            _waitingForWindowSet.Remove(key);
            _keyReady(key, now);
        }
    }
}

/// <summary>A path was suspended; what waited for it must be given back.</summary>
internal sealed record PathSuspended(SuspensionInfo Info, IReadOnlyList<DeliveryJob> Waiting);

/// <summary>A task that goes back to the store unchanged.</summary>
/// <param name="NotBefore">Null: it keeps its time.</param>
internal readonly record struct ReturnedJob(DeliveryTask Task, DateTimeOffset? NotBefore);

/// <summary>Room reserved for one lease.</summary>
/// <param name="IsProbe">The path was suspended: one task goes, to see whether the site is back.</param>
internal sealed record LeasePlan(SiteQueue Queue, Route Route, int Count, bool IsProbe);
