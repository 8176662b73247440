namespace Relay.Delivery;

/// <summary>Overrides of the dispatcher's paths.</summary>
internal sealed class PathControl(Dispatcher dispatcher, TimeProvider time) : IPathControl
{
    public bool Set(PathKey path, LimitOverride change)
    {
        lock (dispatcher.Gate)
        {
            if (!dispatcher.Overrides.Set(path, change))
            {
                return false;
            }

            if (dispatcher.Paths.Find(path) is { } queue)
            {
                queue.Overrides = dispatcher.Overrides.Find(path);
                if (change.IsSuspension)
                {
                    dispatcher.GiveBack(queue.Drain(), change.Until);
                }
                else
                {
                    dispatcher.Refresh(queue, time.GetUtcNow());
                }
            }

            return true;
        }
    }

    public bool Remove(PathKey path, string name)
    {
        lock (dispatcher.Gate)
        {
            var isRemoved = dispatcher.Overrides.Remove(path, name);
            if (isRemoved && dispatcher.Paths.Find(path) is { } queue)
            {
                dispatcher.Refresh(queue, time.GetUtcNow());
            }

            return isRemoved;
        }
    }

    public int ConnectionsOf(PathKey path)
    {
        lock (dispatcher.Gate)
        {
            return dispatcher.Paths.Find(path) is { } queue ? Math.Max(1, queue.Workers > 0 ? queue.Workers : queue.Window.Allowed) : 1;
        }
    }

    public bool IsDown(PathKey path)
    {
        lock (dispatcher.Gate)
        {
            return dispatcher.Paths.Find(path)?.Suspensions.Current is not null;
        }
    }

    public IReadOnlyList<LimitOverride> Active(PathKey path)
    {
        lock (dispatcher.Gate)
        {
            return dispatcher.Overrides.Find(path).Active(time.GetUtcNow());
        }
    }

    public IReadOnlyList<(PathKey Path, LimitOverride Change)> Active()
    {
        lock (dispatcher.Gate)
        {
            return dispatcher.Overrides.Active(time.GetUtcNow());
        }
    }
}
