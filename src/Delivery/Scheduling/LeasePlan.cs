using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Room reserved for one lease.</summary>
/// <param name="Throttles">What limits the lane's mail besides the path.</param>
/// <param name="IsProbe">The path was suspended: one task goes, to see whether the site is back.</param>
internal sealed record LeasePlan(SiteQueue Queue, Route Route, QueueLane Lane, int Count, Throttle[] Throttles, bool IsProbe);

/// <summary>A path was suspended; what waited for it must be given back.</summary>
internal sealed record PathSuspended(SuspensionInfo Info, IReadOnlyList<DeliveryJob> Waiting);

/// <summary>A task that goes back to the store unchanged.</summary>
/// <param name="NotBefore">Null: it keeps its time.</param>
internal readonly record struct ReturnedJob(DeliveryTask Task, DateTimeOffset? NotBefore);
