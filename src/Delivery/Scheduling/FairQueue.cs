using Relay.Queue;

namespace Relay.Delivery;

/// <summary>
/// Jobs of one path in weighted fair turns: accounts × streams first, their logins and campaigns second, priority within those.
/// Guarded by the dispatcher's lock.
/// </summary>
/// <remarks>
/// Start-time fair queueing on both levels: everybody has a virtual time that grows by what it took, divided by its weight; the least goes
/// next. Who comes back after a pause starts at the present time, so that idleness earns nothing. A job costs as many units as it has
/// recipients. A flow that waits for a limit is passed over and the next one goes; its time moves on meanwhile, so that it earns nothing either.
/// </remarks>
internal sealed class FairQueue
{
    /// <summary>Someone waits for each transactional message.</summary>
    public const int TransactionalWeight = 4;

    private readonly List<Owner> _owners = [];
    private double _time;

    public int Count { get; private set; }

    public void Add(DeliveryJob job, QueueFlow flow)
    {
        OwnerOf(flow).Add(job, flow);
        Count++;
    }

    /// <summary>Takes the next job in turn that neither its own throttles nor those of the path hold back; null when there is none.</summary>
    /// <param name="queue">Remembered by throttles whose connections are all in use.</param>
    public DeliveryJob? TryTake(SiteQueue queue, DateTimeOffset now)
    {
        Owner? best = null;
        Flow? bestFlow = null;
        foreach (var owner in _owners)
        {
            if (owner.IsEmpty || (best is not null && owner.Time >= best.Time))
            {
                continue;
            }

            if (owner.Next(queue, now) is { } flow)
            {
                (best, bestFlow) = (owner, flow);
            }
            else
            {
                owner.Time = Math.Max(owner.Time, _time);
            }
        }

        if (best is null || bestFlow is null)
        {
            return null;
        }

        var job = bestFlow.Take();
        Count--;
        _time = Math.Max(_time, best.Time);
        best.Took(bestFlow, job.Task.Recipients.Count);
        return job;
    }

    /// <summary>When the first of the waiting jobs may go by the clock; <see cref="DateTimeOffset.MaxValue"/> when the clock alone brings nothing.</summary>
    public DateTimeOffset NextAt(SiteQueue queue, DateTimeOffset now)
    {
        var next = DateTimeOffset.MaxValue;
        foreach (var owner in _owners)
        {
            foreach (var flow in owner.Flows)
            {
                if (flow.IsEmpty)
                {
                    continue;
                }

                var at = queue.WaitOf(flow.Head, now)?.Until ?? now;
                next = at < next ? at : next;
            }
        }

        return next;
    }

    /// <summary>Takes out the jobs of flows that match; all when there is no condition.</summary>
    public List<DeliveryJob> Drain(Func<DeliveryJob, bool>? matches = null)
    {
        var jobs = new List<DeliveryJob>();
        foreach (var owner in _owners)
        {
            owner.Drain(jobs, matches);
        }

        Count -= jobs.Count;
        return jobs;
    }

    private Owner OwnerOf(QueueFlow flow)
    {
        foreach (var owner in _owners)
        {
            if (owner.AccountId == flow.AccountId && owner.Stream == flow.Stream)
            {
                owner.Time = owner.IsEmpty ? Math.Max(owner.Time, _time) : owner.Time;
                return owner;
            }
        }

        // Who is empty stays until its time has come, else it would return with what it took forgotten.
        _owners.RemoveAll(known => known.IsEmpty && known.Time <= _time);
        var added = new Owner(flow.AccountId, flow.Stream) { Time = _time };
        _owners.Add(added);
        return added;
    }

    /// <summary>One account's mail of one stream.</summary>
    private sealed class Owner(long accountId, MailStream stream)
    {
        private readonly double _weight = stream == MailStream.Transactional ? TransactionalWeight : 1;
        private double _flowTime;
        private int _count;

        public long AccountId => accountId;

        public MailStream Stream => stream;

        public List<Flow> Flows { get; } = [];

        public double Time { get; set; }

        public bool IsEmpty => _count == 0;

        public void Add(DeliveryJob job, QueueFlow id)
        {
            FlowOf(id).Add(job);
            _count++;
        }

        private Flow FlowOf(QueueFlow id)
        {
            foreach (var flow in Flows)
            {
                if (flow.Id == id.Id)
                {
                    flow.Time = flow.IsEmpty ? Math.Max(flow.Time, _flowTime) : flow.Time;
                    return flow;
                }
            }

            Flows.RemoveAll(known => known.IsEmpty && known.Time <= _flowTime);
            var added = new Flow(id.Id) { Time = _flowTime };
            Flows.Add(added);
            return added;
        }

        public Flow? Next(SiteQueue queue, DateTimeOffset now)
        {
            Flow? best = null;
            foreach (var flow in Flows)
            {
                if (flow.IsEmpty || (best is not null && flow.Time >= best.Time))
                {
                    continue;
                }

                if (queue.WaitOf(flow.Head, now) is not { } wait)
                {
                    best = flow;
                    continue;
                }

                flow.Time = Math.Max(flow.Time, _flowTime);
                if (wait.Until == DateTimeOffset.MaxValue)
                {
                    wait.Throttle.Blocked.Add(queue);
                }
            }

            return best;
        }

        public void Took(Flow flow, int cost)
        {
            _flowTime = Math.Max(_flowTime, flow.Time);
            flow.Time += cost;
            Time += cost / _weight;
            _count--;
        }

        public void Drain(List<DeliveryJob> jobs, Func<DeliveryJob, bool>? matches)
        {
            var before = jobs.Count;
            foreach (var flow in Flows)
            {
                flow.Drain(jobs, matches);
            }

            _count -= jobs.Count - before;
        }
    }

    /// <summary>Jobs of one flow: high priority first, then in order.</summary>
    private sealed class Flow(long id)
    {
        private const int Priorities = (int)MessagePriority.Low + 1;
        private readonly Queue<DeliveryJob>?[] _jobs = new Queue<DeliveryJob>?[Priorities];
        private int _count;

        public long Id => id;

        public double Time { get; set; }

        public bool IsEmpty => _count == 0;

        public DeliveryJob Head => First().Peek();

        public void Add(DeliveryJob job)
        {
            (_jobs[(int)job.Task.Message.Priority] ??= new Queue<DeliveryJob>()).Enqueue(job);
            _count++;
        }

        public DeliveryJob Take()
        {
            _count--;
            return First().Dequeue();
        }

        public void Drain(List<DeliveryJob> jobs, Func<DeliveryJob, bool>? matches)
        {
            foreach (var queue in _jobs)
            {
                for (var left = queue?.Count ?? 0; left > 0; left--)
                {
                    var job = queue!.Dequeue();
                    if (matches is null || matches(job))
                    {
                        jobs.Add(job);
                        _count--;
                    }
                    else
                    {
                        queue.Enqueue(job);
                    }
                }
            }
        }

        private Queue<DeliveryJob> First()
        {
            foreach (var queue in _jobs)
            {
                if (queue is { Count: > 0 })
                {
                    return queue;
                }
            }

            throw new InvalidOperationException("the flow is empty");
        }
    }
}
