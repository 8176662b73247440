using Relay.Mail;

namespace Relay.Delivery;

/// <summary>How many more tasks a path may hold now. Without room: since when again, or null for "when something ends"; always with the reason.</summary>
internal readonly record struct Room(int Tasks, DateTimeOffset? NotBefore, string Reason)
{
    public bool HasAny => Tasks > 0;
}

/// <summary>The short, bounded queue of one path, with the limits and feedback that decide how fast it drains. Guarded by the dispatcher's lock.</summary>
internal sealed class SiteQueue
{
    private const int MinCapacity = 50;
    private const int MaxCapacity = 500;
    private const int CapacityPerConnection = 8;
    private const int MaxWaitingKeys = 10_000;

    // Tasks are leased this long before their token is due, so that the meter never waits for the store.
    private static readonly TimeSpan RateHorizon = TimeSpan.FromSeconds(2);

    private readonly Queue<DeliveryJob> _jobs = new();
    private readonly Queue<string> _waitingKeys = new();
    private readonly HashSet<string> _waitingKeySet = new(StringComparer.Ordinal);
    private readonly RateMeter? _meter;

    public SiteQueue(EgressPath path, bool isRemote, SuspensionOptions suspension, PathOverrides? overrides = null)
    {
        Path = path;
        Overrides = overrides ?? new PathOverrides();
        IsRemote = isRemote;
        Window = new ConcurrencyWindow(path.Site.Limits.MaxConnections.Value);
        Suspensions = new Suspensions(suspension);
        _meter = path.Site.Limits.MessageRate.Value is { } rate ? new RateMeter(rate) : null;
    }

    public EgressPath Path { get; }

    /// <summary>The route that used the path last: where a probe would dial.</summary>
    public Route? Route { get; set; }

    /// <summary>False for routes that need no connection.</summary>
    public bool IsRemote { get; }

    public ConcurrencyWindow Window { get; }

    public Suspensions Suspensions { get; }

    /// <summary>Limits lowered for a time.</summary>
    public PathOverrides Overrides { get; set; }

    /// <summary>Jobs waiting for a worker.</summary>
    public int Length => _jobs.Count;

    /// <summary>Room promised to leases under way and to messages being accepted.</summary>
    public int Reserved { get; private set; }

    /// <summary>Workers running: each has one job and at most one connection.</summary>
    public int Workers { get; private set; }

    public DateTimeOffset LastUsed { get; set; }

    public string? LastReply { get; set; }

    public DateTimeOffset? LastReplyAt { get; set; }

    public long DeliveredCount { get; set; }

    public long DeferredCount { get; set; }

    public long RejectedCount { get; set; }

    public int Capacity => Math.Clamp(Window.Allowed * CapacityPerConnection, MinCapacity, MaxCapacity);

    public bool IsIdle => _jobs.Count == 0 && Reserved == 0 && Workers == 0 && _waitingKeys.Count == 0;

    public Room RoomAt(DateTimeOffset now)
    {
        if (Overrides.Suspension(now) is { } set)
        {
            return new Room(0, set.Until, $"suspended by {set.Name}: {set.Reason}");
        }

        if (Suspensions.IsSuspended(now))
        {
            var current = Suspensions.Current!;
            return new Room(0, current.Until, $"suspended: {current.Reason}");
        }

        if (Suspensions.IsProbing(now))
        {
            return Length + Reserved + Workers > 0
                ? new Room(0, null, "one connection probes the suspended site")
                : new Room(1, null, "probe of the suspended site");
        }

        var free = Capacity - Length - Reserved;
        if (free <= 0)
        {
            return new Room(0, null, "the site's queue is full");
        }

        if (_meter is null && Overrides.IsEmpty)
        {
            return new Room(free, null, "room in the site's queue");
        }

        var horizon = now + RateHorizon;
        var tokens = Math.Min(_meter?.AvailableBy(now, horizon) ?? int.MaxValue, Overrides.AvailableBy(now, horizon)) - Length - Reserved;
        return tokens > 0
            ? new Room(Math.Min(free, tokens), null, "room within the message rate")
            : new Room(0, LookAgainAt(NextTokenAt(now), now), "message rate reached");
    }

    public void Reserve(int tasks) => Reserved += tasks;

    public void ReleaseReserved(int tasks) => Reserved -= tasks;

    public void Add(DeliveryJob job) => _jobs.Enqueue(job);

    /// <summary>True when a waiting job may get a worker of its own; the token is asked for by <see cref="TryTake"/>.</summary>
    public bool CanStartWorker(DateTimeOffset now) => _jobs.Count > 0 && Workers < AllowedWorkers(now);

    /// <summary>False when the window shrank below the workers that run: then one of them ends.</summary>
    public bool CanContinueWorker(DateTimeOffset now) => Workers <= AllowedWorkers(now);

    public void WorkerStarted() => Workers++;

    public void WorkerEnded() => Workers--;

    /// <summary>Takes the next job and its token. Null: nothing to do, or not now.</summary>
    public DeliveryJob? TryTake(DateTimeOffset now)
    {
        if (_jobs.Count == 0 || Suspensions.IsSuspended(now) || Overrides.Suspension(now) is not null || TryTakeToken(now) is not null)
        {
            return null;
        }

        LastUsed = now;
        return _jobs.Dequeue();
    }

    /// <summary>A token for one more transaction of a job under way: null when taken, else when there may be one.</summary>
    public DateTimeOffset? TryTakeToken(DateTimeOffset now)
    {
        if (NextTokenAt(now) is var next && next > now)
        {
            return next;
        }

        _meter?.TryTake(now);
        Overrides.Take(now);
        return null;
    }

    /// <summary>When waiting jobs can go on although nothing ends before; null when only an end can help.</summary>
    public DateTimeOffset? WakeAt(DateTimeOffset now)
    {
        if (_jobs.Count == 0)
        {
            return null;
        }

        if (Suspensions.IsSuspended(now))
        {
            return Suspensions.Current!.Until;
        }

        return NextTokenAt(now) is var next && next > now ? next : null;
    }

    /// <summary>Takes out what waits, for a suspension or the stop.</summary>
    public List<DeliveryJob> Drain()
    {
        var jobs = _jobs.ToList();
        _jobs.Clear();
        return jobs;
    }

    /// <summary>Remembers a key to be asked again when there is room; beyond the bound the periodic look at the store finds it.</summary>
    public void WaitForRoom(string queueKey)
    {
        if (_waitingKeySet.Count < MaxWaitingKeys && _waitingKeySet.Add(queueKey))
        {
            _waitingKeys.Enqueue(queueKey);
        }
    }

    /// <summary>The next key in turn that waits for room; null when none does.</summary>
    public string? NextWaitingKey()
    {
        if (!_waitingKeys.TryDequeue(out var key))
        {
            return null;
        }

        _waitingKeySet.Remove(key);
        return key;
    }

    public void Remember(SmtpReply? reply, DateTimeOffset now)
    {
        if (reply is not null)
        {
            LastReply = RemoteText.Clean(reply.ToString(), 200);
            LastReplyAt = now;
        }
    }

    private int AllowedWorkers(DateTimeOffset now)
    {
        if (Suspensions.IsSuspended(now) || Overrides.Suspension(now) is not null)
        {
            return 0;
        }

        return Suspensions.IsProbing(now) ? 1 : Math.Min(Window.Allowed, Overrides.MaxConnections(now));
    }

    private DateTimeOffset NextTokenAt(DateTimeOffset now)
    {
        var own = _meter?.NextAt(now) ?? now;
        var set = Overrides.NextAt(now);
        return own > set ? own : set;
    }

    // Asked again when the horizon reaches the token, yet never in a busy loop.
    private static DateTimeOffset LookAgainAt(DateTimeOffset next, DateTimeOffset now)
    {
        var soonest = now + TimeSpan.FromMilliseconds(50);
        return next - RateHorizon > soonest ? next - RateHorizon : soonest;
    }
}
