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
    // Leases wait for the disk's sync: several at a time share one.
    private const int Visitors = 8;
    private const int PollPage = 10_000;
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestTick = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(2);

    private readonly DeliveryOptions _options;
    private readonly IQueueStore _store;
    private readonly Dispatcher _dispatcher;
    private readonly DeliveryWorker _worker;
    private readonly LaneVisitor _visitor;
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
    private readonly CancellationTokenSource _cut = new();

    public DeliveryService(
        DeliveryOptions options,
        IQueueStore store,
        Dispatcher dispatcher,
        DeliveryWorker worker,
        LaneVisitor visitor,
        DueLanes lanes,
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
        _dispatcher = dispatcher;
        _worker = worker;
        _visitor = visitor;
        _lanes = lanes;
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
        await _budgets.SaveLastAsync();
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
            var loops = Enumerable.Range(0, Visitors).Select(_ => _visitor.RunAsync(stoppingToken, _cut.Token)).ToList();
            loops.Add(KeepAsync(PollAsync, stoppingToken));
            loops.Add(KeepAsync(TickAsync, stoppingToken));
            loops.Add(KeepAsync(_budgets.RunAsync, stoppingToken));
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

    // Without one of its loops mail would stand still and nobody would know why.
    private Task KeepAsync(Func<CancellationToken, Task> loop, CancellationToken stoppingToken) => BackgroundLoop.RunAsync(
        async token =>
        {
            await loop(token);
            return TimeSpan.Zero;
        },
        trouble =>
        {
            DeliveryLog.LoopFailed(_logger, trouble);
            return PauseAfterTrouble;
        },
        _time,
        stoppingToken);

    private void StartWorker(SiteQueue queue, DeliveryJob job) => _background.Run(() => _worker.RunAsync(queue, job, _cut.Token));

    // What is due later than the next poll is left to that poll, so that the map holds only what is near.
    private void OnLaneDue(QueueLane lane, DateTimeOffset due)
    {
        if (due <= _time.GetUtcNow() + (2 * PollInterval))
        {
            _lanes.Note(lane, due);
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
