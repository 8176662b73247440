using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The queues of all paths in use, found by route and source. Guarded by the dispatcher's lock.</summary>
internal sealed class SitePaths(
    DeliveryOptions options, EgressPools pools, OverrideTable overrides, ThrottleRegistry throttles, SuspensionTable suspended, IPathBudgets? budgets)
{
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromMinutes(10);

    private readonly Dictionary<PathKey, SiteQueue> _queues = [];

    public IReadOnlyCollection<SiteQueue> All => _queues.Values;

    public SiteQueue? Find(PathKey path) => _queues.GetValueOrDefault(path);

    public SiteQueue QueueOf(Route route, EgressSource source, DateTimeOffset now)
    {
        var key = new PathKey(route.Site.Name, source.Name);
        if (!_queues.TryGetValue(key, out var queue))
        {
            // A route that was found before a reload shall not bring its limits back.
            var path = new EgressPath(route.Site.Again(), source);
            _queues[key] = queue = new SiteQueue(
                path, route.IsRemote, options.Suspension, overrides.Find(key), route.IsRemote ? throttles.OfPath(path, now) : null)
            {
                LastUsed = now,
                Budgets = budgets,
            };
        }

        queue.Route = route;
        return queue;
    }

    public IEnumerable<SiteQueue> QueuesOf(Route route, DateTimeOffset now) =>
        PoolOf(route).Sources.Select(source => QueueOf(route, source, now));

    /// <summary>A queue with room, of the source whose turn it is.</summary>
    /// <param name="forProbe">Suspended paths whose time is over count as well.</param>
    public SiteQueue? FindWithRoom(Route route, DateTimeOffset now, bool forProbe)
    {
        bool HasRoom(EgressSource source)
        {
            var queue = QueueOf(route, source, now);
            return suspended.OfPath(queue.Path.Key, now) is null && (forProbe || (queue.Suspensions.Current is null && queue.WaitingLanes == 0)) && queue.RoomAt(now).HasAny;
        }

        return PoolOf(route).Next(HasRoom) is { } source ? QueueOf(route, source, now) : null;
    }

    /// <summary>A queue whether it has room or not.</summary>
    public SiteQueue? FindAny(Route route, DateTimeOffset now) =>
        PoolOf(route).Next(static _ => true) is { } source ? QueueOf(route, source, now) : null;

    /// <summary>The route, or its fallback while every path of the route is suspended.</summary>
    public Route Passable(Route route) =>
        route.Fallback is { } fallback && PoolOf(route).Sources.All(s => IsSuspended(route, s)) ? fallback : route;

    /// <summary>Parks the lane where the room will come from.</summary>
    /// <returns>When the clock brings room, if it does.</returns>
    public DateTimeOffset? WaitForRoom(QueueLane lane, Route route, DateTimeOffset now)
    {
        DateTimeOffset? earliest = null;
        foreach (var queue in QueuesOf(route, now))
        {
            if (queue.RoomAt(now).NotBefore is not { } time)
            {
                queue.WaitForRoom(lane);
            }
            else if (earliest is null || time < earliest)
            {
                earliest = time;
            }
        }

        return earliest;
    }

    /// <summary>All paths take on the limits that are configured now.</summary>
    public void Renew(DateTimeOffset now)
    {
        throttles.ChangeNamed();
        foreach (var queue in _queues.Values.Where(queue => queue.IsRemote))
        {
            var path = new EgressPath(queue.Path.Site.Again(), queue.Path.Source);
            throttles.Change(path);
            queue.Change(path, throttles.OfPath(path, now));
            queue.Suspensions.Change(options.Suspension);
        }
    }

    /// <summary>Forgets a path long unused; what must outlive it stands in overrides and throttles.</summary>
    public void ForgetUnused(DateTimeOffset now)
    {
        List<PathKey>? forgotten = null;
        foreach (var (key, queue) in _queues)
        {
            if (queue.IsIdle && !queue.Suspensions.IsSuspended(now) && now - queue.LastUsed > ForgetAfter)
            {
                (forgotten ??= []).Add(key);
            }
        }

        forgotten?.ForEach(key => _queues.Remove(key));
    }

    private EgressPool PoolOf(Route route) => pools.Of(route);

    private bool IsSuspended(Route route, EgressSource source) =>
        _queues.TryGetValue(new PathKey(route.Site.Name, source.Name), out var queue) && queue.Suspensions.Current is not null;
}
