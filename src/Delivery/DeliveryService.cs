using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Keeps the mail moving: due lanes → leases → site queues, within the window; and ends in order.</summary>
/// <remarks>
/// 1. Due lanes (queue key × flow) come from the store's signal and from a look at its summary every few seconds. 2. A lane's key is resolved before anything is leased
/// for it, beside the loop. 3. Several visitors take lanes in turn; each leases one batch at most, and only for room reserved on a path.
/// 4. Lanes without room wait where the room will come from. 5. Stop: no new leases, waiting tasks go back, attempts in flight get their grace,
/// then they are cut.
/// </remarks>
internal sealed class DeliveryService : BackgroundService, IDeliveryStatus
{
    /// <summary>Recipients of one lane leased in one turn: small enough that others wait a few milliseconds only.</summary>
    private const int Quantum = 100;

    // Leases wait for the disk's sync: several at a time share one.
    private const int Visitors = 8;
    private const int MaxLanes = 50_000;
    private const int MaxResolutions = 200;
    private const int PollPage = 10_000;
    private const int ProbeBatch = 20;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestTick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(2);

    private readonly DeliveryOptions _options;
    private readonly IQueueStore _store;
    private readonly RouteResolver _routes;
    private readonly Dispatcher _dispatcher;
    private readonly DeliveryWorker _worker;
    private readonly OutcomeRecorder _recorder;
    private readonly LeaseReturner _returner;
    private readonly HandoffRecovery _handoffs;
    private readonly ConnectionPool _pool;
    private readonly BackgroundTasks _background;
    private readonly OutboundMonitor _monitor;
    private readonly SourceReport _sources;
    private readonly BudgetKeeper _budgets;
    private readonly SuspensionControl _suspensions;
    private readonly ILogger<DeliveryService> _logger;
    private readonly TimeProvider _time;
    private readonly DueLanes _lanes;
    private readonly DueLaneScan _scan;
    private readonly Dictionary<string, HashSet<QueueLane>> _resolving = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource _cut = new();

    public DeliveryService(
        DeliveryOptions options,
        IQueueStore store,
        RouteResolver routes,
        Dispatcher dispatcher,
        DeliveryWorker worker,
        OutcomeRecorder recorder,
        LeaseReturner returner,
        HandoffRecovery handoffs,
        ConnectionPool pool,
        BackgroundTasks background,
        OutboundMonitor monitor,
        SourceReport sources,
        BudgetKeeper budgets,
        SuspensionControl suspensions,
        ILogger<DeliveryService> logger,
        TimeProvider time)
    {
        _options = options;
        _store = store;
        _routes = routes;
        _dispatcher = dispatcher;
        _worker = worker;
        _recorder = recorder;
        _returner = returner;
        _handoffs = handoffs;
        _pool = pool;
        _background = background;
        _monitor = monitor;
        _sources = sources;
        _budgets = budgets;
        _suspensions = suspensions;
        _logger = logger;
        _time = time;
        _lanes = new DueLanes(MaxLanes, time);
        _scan = new DueLaneScan(store, _lanes, PollPage);
    }

    public DeliveryStatus Snapshot() => _dispatcher.Snapshot(_pool.IdleCount, _monitor.Health) with { Sources = _sources.Snapshot() };

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        var waiting = _dispatcher.Stop();
        await base.StopAsync(cancellationToken);
        await ReturnAsync(waiting);
        await ReturnAsync(_dispatcher.Stop());
        DeliveryLog.Stopping(_logger, _background.Count, _options.StopGrace);
        await FinishAsync(cancellationToken);

        // A message that was being accepted meanwhile may have been handed over still.
        await ReturnAsync(_dispatcher.Stop());
        await _budgets.SaveAsync();
    }

    public override void Dispose()
    {
        _cut.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await _handoffs.RunAsync(stoppingToken);
            await LoadAsync(stoppingToken);
            _dispatcher.Start(StartWorker, (lane, due) => _lanes.Note(lane, due));
            _store.LaneDue += OnLaneDue;
            DeliveryLog.Started(_logger, _options.WindowTasks, _options.MaxConnections);
            var loops = Enumerable.Range(0, Visitors).Select(_ => VisitAsync(stoppingToken)).ToList();
            loops.Add(PollAsync(stoppingToken));
            loops.Add(TickAsync(stoppingToken));
            loops.Add(_budgets.RunAsync(stoppingToken));
            await Task.WhenAll(loops);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The stop; StopAsync does the rest.
        }
        finally
        {
            _store.LaneDue -= OnLaneDue;
        }
    }

    /// <summary>Nothing is sent before it is known what has been sent, and what is suspended.</summary>
    private async Task LoadAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await _budgets.LoadAsync(stoppingToken);
                await _suspensions.LoadAsync(stoppingToken);
                return;
            }
            catch (StoreUnavailableException exception)
            {
                DeliveryLog.LeaseFailed(_logger, exception);
                await Task.Delay(PauseAfterTrouble, _time, stoppingToken);
            }
        }
    }

    private void StartWorker(SiteQueue queue, DeliveryJob job) => _background.Run(() => _worker.RunAsync(queue, job, _cut.Token));

    // What is due later than the next poll is left to that poll, so that the map holds only what is near.
    private void OnLaneDue(QueueLane lane, DateTimeOffset due)
    {
        if (due <= _time.GetUtcNow() + (2 * PollInterval))
        {
            _lanes.Note(lane, due);
        }
    }

    /// <summary>One of the visitors: takes lanes in turn.</summary>
    private async Task VisitAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!_lanes.TryTake(out var lane))
            {
                await _lanes.WaitAsync(PollInterval, stoppingToken);
                continue;
            }

            try
            {
                await VisitLaneAsync(lane, stoppingToken);
            }
#pragma warning disable CA1031 // The background loop: trouble is told, the lane comes back later.
            catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
            {
                DeliveryLog.LeaseFailed(_logger, exception);
                _lanes.Note(lane, _time.GetUtcNow() + PauseAfterTrouble);
            }
        }
    }

    private async ValueTask VisitLaneAsync(QueueLane lane, CancellationToken stoppingToken)
    {
        if (!_routes.TryGetKnown(lane.Key, out var route))
        {
            StartResolving(lane, stoppingToken);
            return;
        }

        if (_dispatcher.PlanLease(lane, route, Quantum) is not { } plan)
        {
            return;
        }

        IReadOnlyList<DeliveryTask> tasks = [];
        try
        {
            tasks = await LeaseAsync(plan, stoppingToken);
        }
        finally
        {
            _dispatcher.Complete(plan, tasks);
        }
    }

    private async ValueTask<IReadOnlyList<DeliveryTask>> LeaseAsync(LeasePlan plan, CancellationToken stoppingToken)
    {
        var limit = plan.IsProbe ? ProbeBatch : plan.Count;
        var tasks = await _store.LeaseDueAsync(plan.Lane, limit, stoppingToken);
        if (tasks.Sum(t => t.Recipients.Count) >= limit)
        {
            _lanes.Note(plan.Lane, _time.GetUtcNow());
        }

        return plan.IsProbe ? await SelectProbeAsync(plan, tasks) : tasks;
    }

    /// <summary>
    /// One task probes a suspended site. Those whose time is over are given up without it: no attempt could be promised to them
    /// while the site does not answer. The rest goes back unchanged.
    /// </summary>
    private async ValueTask<IReadOnlyList<DeliveryTask>> SelectProbeAsync(LeasePlan plan, IReadOnlyList<DeliveryTask> tasks)
    {
        DeliveryTask? probe = null;
        foreach (var task in tasks)
        {
            if (probe is null && task.Message.ExpiresAt > _time.GetUtcNow())
            {
                probe = task;
            }
            else if (task.Message.ExpiresAt <= _time.GetUtcNow())
            {
                await GiveUpAsync(plan, task);
            }
            else
            {
                await _returner.ReturnAsync(task, notBefore: null);
            }
        }

        return probe is null ? [] : [probe];
    }

    private ValueTask GiveUpAsync(LeasePlan plan, DeliveryTask task)
    {
        var reason = plan.Queue.Suspensions.Current?.Reason ?? "no connection";
        var failure = RouteFailure.Of("4.4.1", $"{plan.Queue.Path.Site.Name} does not answer: {reason}", BounceClass.Network, FaultSide.Network);
        var result = AttemptResult.ForAll(task, AttemptOutcome.Failed(failure), SiteFeedback.Neutral);
        var job = new DeliveryJob(task, plan.Route, _time.GetUtcNow(), 0);
        return _recorder.RecordAsync(job, plan.Queue.Path, result, _cut.Token);
    }

    /// <summary>Finds the route beside the loop; all lanes of the key come back when it is known.</summary>
    private void StartResolving(QueueLane lane, CancellationToken stoppingToken)
    {
        lock (_resolving)
        {
            if (_resolving.TryGetValue(lane.Key, out var waiting))
            {
                waiting.Add(lane);
                return;
            }

            if (_resolving.Count >= MaxResolutions)
            {
                _lanes.Note(lane, _time.GetUtcNow() + LongestTick);
                return;
            }

            _resolving[lane.Key] = [lane];
        }

        _background.Run(() => ResolveAsync(lane.Key, stoppingToken));
    }

    private async Task ResolveAsync(string key, CancellationToken stoppingToken)
    {
        var again = TimeSpan.Zero;
        try
        {
            await _routes.ResolveAsync(key, stoppingToken);
        }
#pragma warning disable CA1031 // Routing answers trouble as values; anything else is a fault of ours that must not lose the key.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            DeliveryLog.RoutingFailed(_logger, key, exception);
            again = PauseAfterTrouble;
        }
        finally
        {
            HashSet<QueueLane>? waiting;
            lock (_resolving)
            {
                _resolving.Remove(key, out waiting);
            }

            foreach (var lane in waiting ?? [])
            {
                _lanes.Note(lane, _time.GetUtcNow() + again);
            }
        }
    }

    private async Task PollAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await _scan.RunAsync(_time.GetUtcNow() + (2 * PollInterval), stoppingToken);
            }
            catch (StoreUnavailableException exception)
            {
                DeliveryLog.LeaseFailed(_logger, exception);
            }

            for (var waited = TimeSpan.Zero; waited < PollInterval && !_lanes.TakeOverflow(); waited += PauseAfterTrouble)
            {
                await Task.Delay(PauseAfterTrouble, _time, stoppingToken);
            }
        }
    }

    /// <summary>Wakes what waits for the clock, closes what is idle.</summary>
    private async Task TickAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var wake = _dispatcher.Tick();
            foreach (var (task, notBefore) in _dispatcher.TakeReturns())
            {
                await _returner.ReturnAsync(task, notBefore);
            }

            _pool.CloseIdle(everything: false);
            var wait = wake is { } at ? at - _time.GetUtcNow() : LongestTick;
            await Task.Delay(wait < ShortestTick ? ShortestTick : wait > LongestTick ? LongestTick : wait, _time, stoppingToken);
        }
    }

    private async ValueTask ReturnAsync(IReadOnlyList<DeliveryJob> jobs)
    {
        foreach (var job in jobs)
        {
            await _returner.ReturnAsync(job.Task, notBefore: null);
        }
    }

    private async Task FinishAsync(CancellationToken cancellationToken)
    {
        _pool.CloseIdle(everything: true);
        using var grace = new CancellationTokenSource(_options.StopGrace, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, grace.Token);
        try
        {
            await _background.WhenIdleAsync().WaitAsync(either.Token);
        }
        catch (OperationCanceledException)
        {
            DeliveryLog.Cut(_logger, _background.Count);
            await _cut.CancelAsync();
            await WaitBrieflyAsync();
        }

        // Connections that were busy a moment ago have been parked since.
        _pool.CloseIdle(everything: true);
        await WaitBrieflyAsync();
    }

    private async Task WaitBrieflyAsync()
    {
        using var longest = new CancellationTokenSource(PauseAfterTrouble, _time);
        try
        {
            await _background.WhenIdleAsync().WaitAsync(longest.Token);
        }
        catch (OperationCanceledException)
        {
            // What still runs ends with the process; its leases are released at the next start.
        }
    }
}
