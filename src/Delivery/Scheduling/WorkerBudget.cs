namespace Relay.Delivery;

/// <summary>Connections over all paths, and the paths that wait for one, in turn. Guarded by the dispatcher's lock.</summary>
internal sealed class WorkerBudget(DeliveryOptions options)
{
    private readonly Queue<SiteQueue> _starved = new();
    private readonly HashSet<SiteQueue> _known = [];

    public int Workers { get; private set; }

    public int Max => options.MaxConnections;

    public bool IsSpent => Workers >= Max;

    public bool HasStarved => _starved.Count > 0;

    public void Started(SiteQueue queue) => Workers += queue.IsRemote ? 1 : 0;

    public void Ended(SiteQueue queue) => Workers -= queue.IsRemote ? 1 : 0;

    public void Starve(SiteQueue queue)
    {
        if (_known.Add(queue))
        {
            _starved.Enqueue(queue);
        }
    }

    public SiteQueue? NextStarved()
    {
        if (!_starved.TryDequeue(out var queue))
        {
            return null;
        }

        _known.Remove(queue);
        return queue;
    }

    public int StarvedCount => _starved.Count;
}
