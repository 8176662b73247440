using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Puts leased tasks into the queues of their paths; what was suspended while it was on its way goes back instead. Guarded by the dispatcher's lock.</summary>
internal sealed class TaskPlacer(
    DeliveryWindow window, SitePaths paths, LeasePlanner planner, JobReturns returns, SuspensionTable suspended, WorkerPump workers)
{
    public static QueueLane LaneOf(DeliveryTask task) => new(task.QueueKey, QueueFlow.Of(task.Message));

    /// <summary>A task for which room was reserved while its message was accepted.</summary>
    public void Place(Reservation reservation, DeliveryTask task, DateTimeOffset now)
    {
        reservation.Queue.ReleaseReserved(1, reservation.Throttles);
        Enqueue(reservation.Queue, new DeliveryJob(task, reservation.Route, now, reservation.Bytes) { Throttles = reservation.Throttles }, now);
        workers.Pump(reservation.Queue, now);
    }

    /// <summary>Queues a leased task, on the fallback of its route when it has failed often enough; that may exceed its room by one batch.</summary>
    public void Place(LeasePlan plan, DeliveryTask task, DateTimeOffset now)
    {
        var route = plan.Route.For(task.Recipients.Max(r => r.Attempts));
        var queue = route == plan.Route ? plan.Queue : paths.FindAny(route, now) ?? plan.Queue;
        var lane = LaneOf(task);
        var job = new DeliveryJob(task, route, now, task.Content?.Length ?? 0)
        {
            Throttles = lane == plan.Lane && route == plan.Route ? plan.Throttles : planner.ThrottlesOf(route, lane, now),
        };
        window.Take(1, job.Bytes);
        Enqueue(queue, job, now);
        if (queue != plan.Queue)
        {
            workers.Pump(queue, now);
        }
    }

    /// <summary>Gives back what waits in memory and is suspended.</summary>
    public void DrainSuspended(DateTimeOffset now)
    {
        foreach (var queue in paths.All)
        {
            var isWholePath = suspended.OfPath(queue.Path.Key, now) is not null;
            returns.Add(queue.Drain(job => isWholePath || planner.IsSuspended(LaneOf(job.Task), now)), notBefore: null);
        }
    }

    private void Enqueue(SiteQueue queue, DeliveryJob job, DateTimeOffset now)
    {
        if (planner.IsSuspended(LaneOf(job.Task), now) || suspended.OfPath(queue.Path.Key, now) is not null)
        {
            returns.Add([job], notBefore: null);
        }
        else
        {
            queue.Add(job);
        }
    }
}
