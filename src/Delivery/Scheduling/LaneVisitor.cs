using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Takes due lanes in turn and leases a batch of each, for room reserved on a path. Several may run beside each other.</summary>
internal sealed class LaneVisitor(
    IQueueStore store,
    RouteResolver routes,
    Dispatcher dispatcher,
    OutcomeRecorder recorder,
    LeaseReturner returner,
    DueLanes lanes,
    RouteLookups lookups,
    ILogger<LaneVisitor> logger,
    TimeProvider time)
{
    /// <summary>Recipients of one lane leased in one turn: small enough that others wait a few milliseconds only.</summary>
    private const int Quantum = 100;

    private const int ProbeBatch = 20;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(2);

    /// <param name="cut">Ends what is under way, when the grace of a stop is over.</param>
    public async Task RunAsync(CancellationToken stoppingToken, CancellationToken cut)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!lanes.TryTake(out var lane))
            {
                await lanes.WaitAsync(LongestWait, stoppingToken);
                continue;
            }

            try
            {
                await VisitAsync(lane, stoppingToken, cut);
            }
#pragma warning disable CA1031 // The background loop: trouble is told, the lane comes back later.
            catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
            {
                DeliveryLog.LeaseFailed(logger, exception);
                lanes.Note(lane, time.GetUtcNow() + PauseAfterTrouble);
            }
        }
    }

    private async ValueTask VisitAsync(QueueLane lane, CancellationToken stoppingToken, CancellationToken cut)
    {
        if (!routes.TryGetKnown(lane.Key, out var route))
        {
            lookups.Start(lane, stoppingToken);
            return;
        }

        if (dispatcher.PlanLease(lane, route, Quantum) is not { } plan)
        {
            return;
        }

        IReadOnlyList<DeliveryTask> tasks = [];
        try
        {
            tasks = await LeaseAsync(plan, stoppingToken, cut);
        }
        finally
        {
            dispatcher.Complete(plan, tasks);
        }
    }

    private async ValueTask<IReadOnlyList<DeliveryTask>> LeaseAsync(LeasePlan plan, CancellationToken stoppingToken, CancellationToken cut)
    {
        var limit = plan.IsProbe ? ProbeBatch : plan.Count;
        var tasks = await store.LeaseDueAsync(plan.Lane, limit, stoppingToken);
        if (tasks.Sum(t => t.Recipients.Count) >= limit)
        {
            lanes.Note(plan.Lane, time.GetUtcNow());
        }

        return plan.IsProbe ? await SelectProbeAsync(plan, tasks, cut) : tasks;
    }

    /// <summary>
    /// One task probes a suspended site. Those whose time is over are given up without it: no attempt could be promised to them
    /// while the site does not answer. The rest goes back unchanged.
    /// </summary>
    private async ValueTask<IReadOnlyList<DeliveryTask>> SelectProbeAsync(LeasePlan plan, IReadOnlyList<DeliveryTask> tasks, CancellationToken cut)
    {
        DeliveryTask? probe = null;
        foreach (var task in tasks)
        {
            if (probe is null && task.Message.ExpiresAt > time.GetUtcNow())
            {
                probe = task;
            }
            else if (task.Message.ExpiresAt <= time.GetUtcNow())
            {
                await GiveUpAsync(plan, task, cut);
            }
            else
            {
                await returner.ReturnAsync(task, notBefore: null);
            }
        }

        return probe is null ? [] : [probe];
    }

    private ValueTask GiveUpAsync(LeasePlan plan, DeliveryTask task, CancellationToken cut)
    {
        var reason = plan.Queue.Suspensions.Current?.Reason ?? "no connection";
        var failure = RouteFailure.Of("4.4.1", $"{plan.Queue.Path.Site.Name} does not answer: {reason}", BounceClass.Network, FaultSide.Network);
        var result = AttemptResult.ForAll(task, AttemptOutcome.Failed(failure), SiteFeedback.Neutral);
        var job = new DeliveryJob(task, plan.Route, time.GetUtcNow(), 0);
        return recorder.RecordAsync(job, plan.Queue.Path, result, cut);
    }
}
