namespace Relay.Delivery;

/// <summary>Jobs that go back to the store without an attempt: out of the window at once, handed out when somebody can wait for the store. Guarded by the dispatcher's lock.</summary>
internal sealed class JobReturns(DeliveryWindow window)
{
    private readonly List<ReturnedJob> _returns = [];

    /// <param name="notBefore">Null: each keeps its time.</param>
    public void Add(IEnumerable<DeliveryJob> jobs, DateTimeOffset? notBefore)
    {
        foreach (var job in jobs)
        {
            window.Release(1, job.Bytes);
            _returns.Add(new ReturnedJob(job.Task, notBefore));
        }
    }

    /// <summary>Each is handed out once.</summary>
    public IReadOnlyList<ReturnedJob> Take()
    {
        if (_returns.Count == 0)
        {
            return [];
        }

        ReturnedJob[] returns = [.. _returns];
        _returns.Clear();
        return returns;
    }
}
