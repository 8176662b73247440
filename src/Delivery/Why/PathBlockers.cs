using System.Globalization;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What keeps a lane's mail from being handed to a worker now: suspensions, limits, room. Asks the dispatcher's parts; changes nothing.</summary>
internal sealed class PathBlockers(Dispatcher dispatcher, EgressPools pools, TimeProvider time)
{
    /// <summary>In the order in which delivery asks. A path that is free makes the others' blockers irrelevant.</summary>
    public IReadOnlyList<DeliveryBlocker> Of(QueueLane lane, Route route, long sizeBytes)
    {
        lock (dispatcher.Gate)
        {
            var now = time.GetUtcNow();
            var found = new List<DeliveryBlocker>();
            var domain = RouteKey.Parse(lane.Key).Destination;
            if (dispatcher.Suspended.OfFlow(lane.Flow, domain, now) is { } suspended)
            {
                found.Add(Of(suspended));
            }

            if (!route.IsRemote)
            {
                return found;
            }

            if (dispatcher.IsWindowFull)
            {
                found.Add(new DeliveryBlocker("as much mail is in hand as may be", "queue.window, queue.window_bytes", null));
            }

            foreach (var throttle in dispatcher.Throttles.OfFlow(lane.Flow, domain, now))
            {
                if (throttle.WaitOf(now, sizeBytes) is { } wait)
                {
                    found.Add(Of(wait));
                }
            }

            AddPaths(found, route, sizeBytes, now);
            return found;
        }
    }

    private void AddPaths(List<DeliveryBlocker> found, Route route, long sizeBytes, DateTimeOffset now)
    {
        var ofPaths = new List<DeliveryBlocker>();
        foreach (var source in pools.Of(route).Sources)
        {
            if ((OfSource(source) ?? OfPath(dispatcher.Paths.Find(new PathKey(route.Site.Name, source.Name)), new PathKey(route.Site.Name, source.Name), sizeBytes, now)) is not { } blocker)
            {
                return;
            }

            ofPaths.Add(blocker);
        }

        // The path that lets go first is the one that counts.
        found.AddRange(ofPaths.OrderBy(b => b.Until ?? DateTimeOffset.MaxValue));
    }

    private DeliveryBlocker? OfSource(EgressSource source) =>
        pools.StateOf(source) is { Reason: { } reason } state ? new DeliveryBlocker($"source {source.Name} rests: {reason}", $"egress.source.{source.Name}", state.Until) : null;

    private DeliveryBlocker? OfPath(SiteQueue? queue, PathKey path, long sizeBytes, DateTimeOffset now)
    {
        if (dispatcher.Suspended.OfPath(path, now) is { } suspended)
        {
            return Of(suspended);
        }

        if (dispatcher.Overrides.Find(path).Suspension(now) is { } rule)
        {
            return new DeliveryBlocker($"{path} rests: {rule.Reason}", rule.Name, rule.Until);
        }

        if (queue is null)
        {
            return null;
        }

        if (queue.Suspensions.Current is { } down)
        {
            return new DeliveryBlocker(
                queue.Suspensions.IsSuspended(now) ? $"{path} does not answer: {down.Reason}" : $"{path} is probed by one connection: {down.Reason}",
                "failures in a row",
                now < down.Until ? down.Until : null);
        }

        if (ThrottleSet.WaitOf([.. queue.Throttles], now, sizeBytes) is { } wait)
        {
            return Of(wait);
        }

        if (queue.Overrides.NextAt(now) is var token && token > now)
        {
            var slowest = queue.Overrides.Active(now).First(c => c.MessageRate is not null);
            return new DeliveryBlocker($"message rate {slowest.MessageRate} of {path}: {slowest.Reason}", slowest.Name, token);
        }

        return queue.CanStartMore(now) || queue.RoomAt(now).HasAny
            ? null
            : new DeliveryBlocker(
                string.Create(CultureInfo.InvariantCulture, $"{path}: {queue.Workers} connections are busy, {queue.Length} messages wait in memory, {queue.WaitingLanes} lanes for room"),
                queue.Path.Limits.MaxConnections.Origin,
                queue.RoomAt(now).NotBefore);
    }

    private static DeliveryBlocker Of(OperatorSuspension suspension) =>
        new(suspension.ToString(), string.Create(CultureInfo.InvariantCulture, $"suspension {suspension.Id}"), suspension.Until);

    private static DeliveryBlocker Of(ThrottleWait wait) =>
        new(wait.Limit == Throttle.BeingWritten ? $"the count of {wait.Throttle.Name} is being written" : $"{wait.Limit} of {wait.Throttle.Name} is used up", wait.Throttle.Origin, wait.Until == DateTimeOffset.MaxValue ? null : wait.Until);
}
