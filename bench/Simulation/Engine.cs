using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Abstractions;
using Relay.Delivery;
using Relay.Queue;

namespace Relay.Bench.Simulation;

/// <summary>The delivery engine with simulated time, store, DNS and receivers; everything between is the real one.</summary>
/// <remarks>
/// Real: queue keys due and their scan, routes and sites with the shipped presets, dispatcher, site queues with windows, rates and
/// suspensions, classifier, rules and learning, recorder with the retry schedule, the return of dead sites. Simulated: the loops that call
/// them (visitors, workers, ticks), because real ones run on threads whose order nobody can repeat.
/// </remarks>
internal sealed class Engine
{
    private static readonly TimeSpan PollInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestTick = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestTick = TimeSpan.FromMilliseconds(20);
    private const int Quantum = 100;

    private readonly EventLoop _time;
    private readonly SimulatedQueue _store;
    private readonly DueLanes _lanes;
    private readonly DueLaneScan _scan;
    private readonly RouteResolver _routes;
    private readonly Network _network;
    private readonly PathControl _control;
    private readonly OutcomeRecorder _recorder;
    private readonly SiteReturns _returns;
    private bool _isVisitPlanned;
    private bool _isTickPlanned;
    private DateTimeOffset _tickAt;

    public Engine(DeliveryOptions options, World world, SimulatedQueue store, EventLoop time, int seed)
    {
        _time = time;
        _store = store;
        var zone = new SimulatedZone(world);
        var metrics = new DeliveryMetrics(new Meters());
        var sources = new SourceMonitor(zone, metrics, NullLogger<SourceMonitor>.Instance, time);
        var pools = new EgressPools(options, sources);
        _lanes = new DueLanes(50_000, time);
        _scan = new DueLaneScan(store, _lanes, 10_000);
        _routes = new RouteResolver(options, new MxResolver(zone, Anywhere, new OwnHost(options, zone), useIpv6: false), new RouteRules(options), time);
        Dispatcher = new Dispatcher(options, _routes, pools, time);
        var control = _control = new PathControl(Dispatcher, time);
        _returns = new SiteReturns(options, time);
        Decisions = new DecisionLog(metrics);
        Shaper = new Shaper(options, control, pools, sources, _returns, new WarmupGate(options, time), Decisions, NullLogger<Shaper>.Instance, time);
        var unused = new NoReports();
        _recorder = new OutcomeRecorder(
            options, store, new BounceWriter(options, unused, unused, unused, NullLogger<BounceWriter>.Instance, time), metrics, NullLogger<OutcomeRecorder>.Instance, time, new Random(seed));
        Audit = new Audit(time, control);
        _network = new Network(world, time, Audit, seed);
    }

    public Dispatcher Dispatcher { get; }

    public Shaper Shaper { get; }

    public DecisionLog Decisions { get; }

    public Audit Audit { get; }

    public int DecisionCount { get; private set; }

    public void Start()
    {
        Dispatcher.Start(StartWorker, (lane, due) => Note(lane, due));
        _store.LaneDue += OnLaneDue;
        Poll();
        Tick();
        Probe();
    }

    // As the service does: what is due later than the next poll is left to that poll.
    private void OnLaneDue(QueueLane lane, DateTimeOffset due)
    {
        if (due <= _time.Now + (2 * PollInterval))
        {
            Note(lane, due);
        }
    }

    private void Note(QueueLane lane, DateTimeOffset due)
    {
        _lanes.Note(lane, due);
        if (due <= _time.Now)
        {
            PlanVisit();
        }
        else
        {
            _time.After(due - _time.Now, PlanVisit);
        }
    }

    private void PlanVisit()
    {
        if (!_isVisitPlanned)
        {
            _isVisitPlanned = true;
            _time.After(TimeSpan.FromMilliseconds(1), Visit);
        }
    }

    private void Visit()
    {
        _isVisitPlanned = false;
        while (_lanes.TryTake(out var lane))
        {
            VisitLane(lane);
        }
    }

    private void VisitLane(QueueLane lane)
    {
        if (!_routes.TryGetKnown(lane.Key, out var route))
        {
            route = Completed(_routes.ResolveAsync(lane.Key, CancellationToken.None));
        }

        if (Dispatcher.PlanLease(lane, route, Quantum) is not { } plan)
        {
            PlanTick();
            return;
        }

        var tasks = Completed(_store.LeaseDueAsync(lane, plan.IsProbe ? 1 : plan.Count, CancellationToken.None));
        if (tasks.Count >= plan.Count)
        {
            Note(lane, _time.Now);
        }

        Dispatcher.Complete(plan, tasks);
        PlanTick();
    }

    private void StartWorker(SiteQueue queue, DeliveryJob job)
    {
        Audit.Started(queue.Path);
        var worker = new SimulatedWorker(this, _store, queue, _network.ConnectionTo(queue.Path, job));
        _time.After(TimeSpan.Zero, () => worker.Begin(job));
    }

    /// <summary>What the worker of the engine does behind an attempt.</summary>
    public void Ended(SiteQueue queue, DeliveryJob job, AttemptResult result)
    {
        result = Shaper.Judge(queue.Path, result);
        Completed(_recorder.RecordAsync(job, queue.Path, result, CancellationToken.None));
        if (Dispatcher.JobEnded(queue, job, result.Feedback) is { } suspension)
        {
            foreach (var waiting in suspension.Waiting)
            {
                Completed(_store.ReturnLeaseAsync(waiting.Task, suspension.Info.Until));
            }
        }

        Shaper.Observe(queue.Path, result);
        DecisionCount += Decisions.Take(100).Count;
        PlanTick();
    }

    public Network Network => _network;

    private void Poll()
    {
        Completed(_scan.RunAsync(_time.Now + (2 * PollInterval), CancellationToken.None));
        PlanVisit();
        _time.After(PollInterval, Poll);
    }

    /// <summary>Looks for what the clock has brought: at the time the dispatcher names, at the latest in a second.</summary>
    private void Tick()
    {
        _isTickPlanned = false;
        var wake = Dispatcher.Tick();
        foreach (var (task, notBefore) in Dispatcher.TakeReturns())
        {
            Completed(_store.ReturnLeaseAsync(task, notBefore));
        }

        PlanVisit();
        var wait = wake is { } at ? at - _time.Now : LongestTick;
        PlanTick(wait < ShortestTick ? ShortestTick : wait > LongestTick ? LongestTick : wait);
    }

    private void PlanTick() => PlanTick(LongestTick);

    private void PlanTick(TimeSpan wait)
    {
        var at = _time.Now + wait;
        if (_isTickPlanned && _tickAt <= at)
        {
            return;
        }

        _isTickPlanned = true;
        _tickAt = at;
        _time.After(wait, () =>
        {
            if (_isTickPlanned && _tickAt == at)
            {
                Tick();
            }
        });
    }

    private void Probe()
    {
        foreach (var queue in Dispatcher.TakeProbes(_returns.HasMailFor, most: 100))
        {
            _network.Probe(queue.Path, queue.Route!, feedback =>
            {
                Dispatcher.ProbeEnded(queue, feedback);
                if (feedback.Kind == FeedbackKind.Success)
                {
                    _returns.Answered(queue.Path.Key);
                }
            });
        }

        while (_returns.TakeNext() is var (path, keys))
        {
            BringForward(path, keys, 0);
        }

        _time.After(TimeSpan.FromSeconds(5), Probe);
    }

    // The service of the engine pauses between its pieces; here each key is a piece, a second apart.
    private void BringForward(PathKey path, IReadOnlyList<string> keys, int from)
    {
        if (from < keys.Count && !_control.IsDown(path))
        {
            var moved = Completed(_store.BringForwardAsync(keys[from], ReturnService.PieceSize, CancellationToken.None));
            _time.After(TimeSpan.FromSeconds(1), () => BringForward(path, keys, moved == ReturnService.PieceSize ? from : from + 1));
        }
    }

    private static bool Anywhere(System.Net.IPAddress address, out string reason)
    {
        reason = string.Empty;
        return true;
    }

#pragma warning disable VSTHRD002 // Everything simulated answers at once; what does not is a fault of the simulation.
    private static T Completed<T>(ValueTask<T> task) => task.IsCompleted ? task.AsTask().GetAwaiter().GetResult() : throw new InvalidOperationException("a simulated step did not end at once");

    private static void Completed(ValueTask task)
    {
        if (!task.IsCompleted)
        {
            throw new InvalidOperationException("a simulated step did not end at once");
        }

        task.AsTask().GetAwaiter().GetResult();
    }
#pragma warning restore VSTHRD002

    private sealed class Meters : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(options);

        public void Dispose()
        {
            // Meters live as long as the process.
        }
    }
}
