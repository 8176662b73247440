namespace Relay.Delivery;

/// <summary>Starts workers for queues that may have one, and hands freed connections on in turn. Guarded by the dispatcher's lock.</summary>
internal sealed class WorkerPump(WorkerBudget budget)
{
    /// <summary>Jobs a worker does in a row while other sites wait for a connection of the common budget.</summary>
    private const int TurnLength = 20;

    private Action<SiteQueue, DeliveryJob> _startWorker = static (_, _) => throw new InvalidOperationException("delivery has not started");

    public bool IsRunning { get; private set; }

    /// <param name="startWorker">Schedules a worker with its first job; must not block or call back.</param>
    public void Start(Action<SiteQueue, DeliveryJob> startWorker)
    {
        _startWorker = startWorker;
        IsRunning = true;
    }

    public void Stop() => IsRunning = false;

    /// <summary>Starts as many workers as the queue may have now.</summary>
    public void Pump(SiteQueue queue, DateTimeOffset now)
    {
        while (IsRunning && queue.CanStartWorker(now))
        {
            if (queue.IsRemote && budget.IsSpent)
            {
                budget.Starve(queue);
                return;
            }

            if (queue.TryTake(now) is not { } job)
            {
                return;
            }

            queue.WorkerStarted();
            budget.Started(queue);
            _startWorker(queue, job);
        }
    }

    /// <summary>Hands freed connections of these limits on; the queue that just had one comes last.</summary>
    public void PumpBlocked(IReadOnlyList<Throttle> throttles, SiteQueue last, DateTimeOffset now)
    {
        foreach (var throttle in throttles)
        {
            if (throttle.Blocked.Count == 0)
            {
                continue;
            }

            SiteQueue[] blocked = [.. throttle.Blocked.OrderBy(queue => queue == last)];
            throttle.Blocked.Clear();
            foreach (var queue in blocked)
            {
                Pump(queue, now);
            }
        }
    }

    /// <summary>The next job for a worker that has done <paramref name="done"/> of them; null: it must end.</summary>
    public DeliveryJob? TakeNext(SiteQueue queue, int done, DateTimeOffset now)
    {
        var mustYield = done >= TurnLength && queue.IsRemote && budget.HasStarved;
        return IsRunning && !mustYield && queue.CanContinueWorker(now) ? queue.TryTake(now) : null;
    }

    /// <summary>A worker ended: others that waited for a connection go first, a site that just had its turn stands behind them.</summary>
    public void Ended(SiteQueue queue, DateTimeOffset now)
    {
        queue.WorkerEnded();
        budget.Ended(queue);
        for (var waiting = budget.StarvedCount; waiting > 0 && !budget.IsSpent; waiting--)
        {
            if (budget.NextStarved() is { } next && next != queue)
            {
                Pump(next, now);
            }
        }

        Pump(queue, now);
    }
}
