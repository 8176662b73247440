using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Works through the jobs of one path, one at a time: one worker is one connection slot.</summary>
internal sealed class DeliveryWorker(
    Dispatcher dispatcher,
    DeliveryAttempt attempt,
    LocalDelivery local,
    SuppressionGate gate,
    HoldGates holds,
    OutcomeRecorder recorder,
    SimulatedReactions reactions,
    LeaseReturner returner,
    IShapingObserver shaping,
    Handoffs handoffs,
    DeliveryMetrics metrics,
    ILogger<DeliveryWorker> logger,
    TimeProvider time)
{
    /// <param name="cutToken">Cancelled when the grace of a stop is over.</param>
    public async Task RunAsync(SiteQueue queue, DeliveryJob first, CancellationToken cutToken)
    {
        try
        {
            var done = 0;
            for (DeliveryJob? job = first; job is not null; job = dispatcher.TakeNext(queue, ++done))
            {
                await DoAsync(queue, job, cutToken);
            }
        }
        finally
        {
            dispatcher.WorkerEnded(queue);
        }
    }

    private async ValueTask DoAsync(SiteQueue queue, DeliveryJob job, CancellationToken cutToken)
    {
        var feedback = SiteFeedback.Neutral;
        AttemptResult? result = null;
        try
        {
            result = await AttemptAsync(queue, job, cutToken);
            result = queue.IsRemote ? shaping.Judge(queue.Path, result) : result;
            feedback = queue.IsRemote ? result.Feedback : result.Feedback.Counting(result.Outcomes);
            metrics.Attempted(job.Route.Kind, time.GetUtcNow() - job.LeasedAt);
            if (cutToken.IsCancellationRequested && result.Outcomes.All(o => o.Outcome.Kind == OutcomeKind.NotAttempted))
            {
                await returner.ReturnAsync(job.Task, notBefore: null);
            }
            else
            {
                await recorder.RecordAsync(job, queue.Path, result, cutToken);
                if (job.Route.Kind == RouteKind.Simulator)
                {
                    reactions.Follow(job.Task, cutToken);
                }
            }

            // Not where settling was cut short: the next process must know.
            handoffs.Settled(job.Task);
        }
        finally
        {
            if (dispatcher.JobEnded(queue, job, feedback) is { } suspension)
            {
                await TellSuspendedAsync(queue, suspension);
            }

            if (result is not null && queue.IsRemote)
            {
                shaping.Observe(queue.Path, result);
            }
        }
    }

    private async ValueTask TellSuspendedAsync(SiteQueue queue, PathSuspended suspension)
    {
        metrics.Suspended();
        DeliveryLog.Suspended(logger, queue.Path.Key, suspension.Info.Until, RemoteText.Clean(suspension.Info.Reason, 200));
        foreach (var job in suspension.Waiting)
        {
            await returner.ReturnAsync(job.Task, suspension.Info.Until);
        }
    }

    /// <summary>Tries the recipients that may still be sent to.</summary>
    private async ValueTask<AttemptResult> SendAsync(SiteQueue queue, DeliveryJob job, IReadOnlyList<RecipientOutcome> kept, CancellationToken cutToken)
    {
        var open = job.Task.Recipients.Where(recipient => !kept.Any(outcome => outcome.Recipient.Id == recipient.Id)).ToList();
        if (open.Count == 0)
        {
            return new AttemptResult { Outcomes = kept, Feedback = SiteFeedback.Neutral };
        }

        var rest = kept.Count == 0 ? job : job with { Task = job.Task with { Recipients = open } };
        var result = rest.Route.IsRemote ? await attempt.RunAsync(rest, queue, cutToken) : await local.RunAsync(rest, cutToken);
        return kept.Count == 0 ? result : result with { Outcomes = [.. result.Outcomes, .. kept] };
    }

    /// <summary>One of the three places where trouble ends: whatever an attempt throws becomes a deferral.</summary>
    private async ValueTask<AttemptResult> AttemptAsync(SiteQueue queue, DeliveryJob job, CancellationToken cutToken)
    {
        try
        {
            var suppressed = await gate.CheckAsync(job.Task, cutToken);
            var held = await holds.CheckAsync(job, suppressed, cutToken);
            return await SendAsync(queue, job, held.Count == 0 ? suppressed : [.. suppressed, .. held], cutToken);
        }
        catch (OperationCanceledException) when (cutToken.IsCancellationRequested)
        {
            return AttemptResult.ForAll(job.Task, AttemptOutcome.NotAttempted("delivery was stopped", time.GetUtcNow()), SiteFeedback.Neutral);
        }
#pragma warning disable CA1031 // Unknown trouble defers (temporary unless certain).
        catch (Exception exception)
#pragma warning restore CA1031
        {
            DeliveryLog.AttemptFailed(logger, job.Task.Message.Id, exception);
            var failure = RouteFailure.Of("4.3.0", "internal trouble; the message stays queued", BounceClass.Local, FaultSide.Relay);
            return AttemptResult.ForAll(job.Task, AttemptOutcome.Failed(failure), SiteFeedback.Neutral);
        }
    }
}
