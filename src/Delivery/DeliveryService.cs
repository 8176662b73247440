using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Keeps the mail moving: due keys → leases → site queues, within the window; and ends in order.</summary>
/// <remarks>
/// 1. Due keys come from the store's signal and from a look at its summary every few seconds. 2. A key is resolved before anything is leased
/// for it, beside the loop. 3. Several visitors take keys in turn; each leases one batch at most, and only for room reserved on a path.
/// 4. Keys without room wait where the room will come from. 5. Stop: no new leases, waiting tasks go back, attempts in flight get their grace,
/// then they are cut.
/// </remarks>
internal sealed class DeliveryService : BackgroundService, IDeliveryStatus
{
    /// <summary>Recipients of one key leased in one turn: small enough that other keys wait a few milliseconds only.</summary>
    private const int Quantum = 100;

    // Leases wait for the disk's sync: several at a time share one.
    private const int Visitors = 8;
    private const int MaxKeys = 50_000;
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
    private readonly ILogger<DeliveryService> _logger;
    private readonly TimeProvider _time;
    private readonly DueKeys _keys;
    private readonly DueKeyScan _scan;
    private readonly HashSet<string> _resolving = new(StringComparer.Ordinal);
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
        _logger = logger;
        _time = time;
        _keys = new DueKeys(MaxKeys, time);
        _scan = new DueKeyScan(store, _keys, PollPage);
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
            _dispatcher.Start(StartWorker, (key, due) => _keys.Note(key, due));
            _store.KeyDue += OnKeyDue;
            DeliveryLog.Started(_logger, _options.WindowTasks, _options.MaxConnections);
            var loops = Enumerable.Range(0, Visitors).Select(_ => VisitAsync(stoppingToken)).ToList();
            loops.Add(PollAsync(stoppingToken));
            loops.Add(TickAsync(stoppingToken));
            await Task.WhenAll(loops);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The stop; StopAsync does the rest.
        }
        finally
        {
            _store.KeyDue -= OnKeyDue;
        }
    }

    private void StartWorker(SiteQueue queue, DeliveryJob job) => _background.Run(() => _worker.RunAsync(queue, job, _cut.Token));

    // What is due later than the next poll is left to that poll, so that the map holds only what is near.
    private void OnKeyDue(string queueKey, DateTimeOffset due)
    {
        if (due <= _time.GetUtcNow() + (2 * PollInterval))
        {
            _keys.Note(queueKey, due);
        }
    }

    /// <summary>One of the visitors: takes keys in turn.</summary>
    private async Task VisitAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!_keys.TryTake(out var key))
            {
                await _keys.WaitAsync(PollInterval, stoppingToken);
                continue;
            }

            try
            {
                await VisitKeyAsync(key, stoppingToken);
            }
#pragma warning disable CA1031 // The background loop: trouble is told, the key comes back later.
            catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
            {
                DeliveryLog.LeaseFailed(_logger, exception);
                _keys.Note(key, _time.GetUtcNow() + PauseAfterTrouble);
            }
        }
    }

    private async ValueTask VisitKeyAsync(string key, CancellationToken stoppingToken)
    {
        if (!_routes.TryGetKnown(key, out var route))
        {
            StartResolving(key, stoppingToken);
            return;
        }

        if (_dispatcher.PlanLease(key, route, Quantum) is not { } plan)
        {
            return;
        }

        IReadOnlyList<DeliveryTask> tasks = [];
        try
        {
            tasks = await LeaseAsync(key, plan, stoppingToken);
        }
        finally
        {
            _dispatcher.Complete(plan, tasks);
        }
    }

    private async ValueTask<IReadOnlyList<DeliveryTask>> LeaseAsync(string key, LeasePlan plan, CancellationToken stoppingToken)
    {
        var limit = plan.IsProbe ? ProbeBatch : plan.Count;
        var tasks = await _store.LeaseDueAsync(key, limit, stoppingToken);
        if (tasks.Sum(t => t.Recipients.Count) >= limit)
        {
            _keys.Note(key, _time.GetUtcNow());
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

    /// <summary>Finds the route beside the loop; the key comes back when it is known.</summary>
    private void StartResolving(string key, CancellationToken stoppingToken)
    {
        lock (_resolving)
        {
            if (_resolving.Count >= MaxResolutions)
            {
                _keys.Note(key, _time.GetUtcNow() + LongestTick);
                return;
            }

            if (!_resolving.Add(key))
            {
                return;
            }
        }

        _background.Run(() => ResolveAsync(key, stoppingToken));
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
            lock (_resolving)
            {
                _resolving.Remove(key);
            }

            _keys.Note(key, _time.GetUtcNow() + again);
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

            for (var waited = TimeSpan.Zero; waited < PollInterval && !_keys.TakeOverflow(); waited += PauseAfterTrouble)
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
