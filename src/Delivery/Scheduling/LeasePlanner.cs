using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Decides whether mail of a lane may be taken into memory now, and reserves the room for it. Guarded by the dispatcher's lock.</summary>
internal sealed class LeasePlanner(DeliveryWindow window, SitePaths paths, ThrottleRegistry throttles, SuspensionTable suspended, LaneWaker lanes)
{
    // No site may fill the window alone, however large its queue.
    private const int SiteShare = 4;

    /// <summary>Tasks are leased this long before their token is due, so that no limit waits for the store.</summary>
    public static readonly TimeSpan RateHorizon = TimeSpan.FromSeconds(2);

    /// <summary>Room for a lease of this lane, or null; then it is remembered to ask again when there is some.</summary>
    /// <param name="quantum">Recipients of one lane leased in one turn, at most.</param>
    public LeasePlan? Plan(QueueLane lane, Route route, int quantum, DateTimeOffset now)
    {
        // The periodic look at the store brings the lane back.
        if (IsSuspended(lane, now))
        {
            return null;
        }

        if (window.Room == 0)
        {
            lanes.WaitForWindow(lane);
            return null;
        }

        var limits = ThrottlesOf(route, lane, now);
        var tokens = ThrottleSet.RoomBy(limits, now, now + RateHorizon, out var tightest);
        if (tokens == 0)
        {
            throttles.Wait(tightest!, lane);
            return null;
        }

        var (way, queue) = FindPath(route, now);
        if (queue is null)
        {
            if (paths.WaitForRoom(lane, way, now) is { } at)
            {
                lanes.WakeAt(lane, at);
            }

            return null;
        }

        var share = Math.Max(1, window.MaxTasks / SiteShare);
        var count = Math.Min(Math.Min(Math.Min(queue.RoomAt(now).Tasks, quantum), tokens), Math.Min(window.Room, share));
        queue.Reserve(count, limits);
        window.Take(count, 0);
        return new LeasePlan(queue, way, lane, count, limits, queue.Suspensions.IsProbing(now));
    }

    /// <summary>Room for one message that is being accepted; null when it has to wait its turn in the store.</summary>
    public Reservation? Reserve(QueueLane lane, Route route, long bytes, DateTimeOffset now)
    {
        route = paths.Passable(route);
        if (!window.HasRoomFor(bytes))
        {
            return null;
        }

        var limits = ThrottlesOf(route, lane, now);
        if (IsSuspended(lane, now)
            || ThrottleSet.RoomBy(limits, now, now + RateHorizon, out _) == 0
            || paths.FindWithRoom(route, now, forProbe: false) is not { } queue)
        {
            return null;
        }

        queue.Reserve(1, limits);
        window.Take(1, bytes);
        return new Reservation(queue, route, limits, bytes);
    }

    /// <summary>Gives the room back; what was leased for it takes room of its own.</summary>
    public void Cancel(LeasePlan plan)
    {
        plan.Queue.ReleaseReserved(plan.Count, plan.Throttles);
        window.Release(plan.Count, 0);
    }

    public void Cancel(Reservation reservation)
    {
        reservation.Queue.ReleaseReserved(1, reservation.Throttles);
        window.Release(1, reservation.Bytes);
    }

    /// <summary>Work without a network is limited by nothing but the window.</summary>
    public Throttle[] ThrottlesOf(Route route, QueueLane lane, DateTimeOffset now) =>
        route.IsRemote ? throttles.OfFlow(lane.Flow, RouteKey.Parse(lane.Key).Destination, now) : [];

    public bool IsSuspended(QueueLane lane, DateTimeOffset now) => suspended.OfFlow(lane.Flow, RouteKey.Parse(lane.Key).Destination, now) is not null;

    /// <summary>A path of the route with room, else one of its fallback while the route is suspended.</summary>
    private (Route Route, SiteQueue? Queue) FindPath(Route route, DateTimeOffset now)
    {
        var queue = paths.FindWithRoom(route, now, forProbe: true);
        if (queue is null && paths.Passable(route) is var other && other != route)
        {
            return (other, paths.FindWithRoom(other, now, forProbe: true));
        }

        return (route, queue);
    }
}
