using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The throttles in use, each once however many sites share it, bounded. Guarded by the dispatcher's lock.</summary>
internal sealed class ThrottleRegistry(DeliveryOptions options, int capacity = 20_000)
{
    private const string Any = "*";

    private readonly Dictionary<(LimitScope Scope, string Name), Throttle> _throttles = [];
    private readonly Dictionary<string, string> _stored = new(StringComparer.Ordinal);
    private readonly HashSet<Throttle> _waited = [];
    private readonly LimitTable _configured = new(options.Limits);
    private Action? _reserveWanted;
    private DateTimeOffset _startedAt;

    public int Count => _throttles.Count;

    /// <summary>Throttles with lanes that wait for room.</summary>
    public IReadOnlyCollection<Throttle> Waited => _waited;

    /// <summary>Counts of an earlier process, by the throttle's name.</summary>
    public void Restore(IEnumerable<StoredBudget> stored, DateTimeOffset now)
    {
        _startedAt = now;
        foreach (var (name, state) in stored)
        {
            _stored[name] = state;
        }
    }

    /// <summary>What limits mail of a flow to a domain, wherever it goes.</summary>
    public Throttle[] OfFlow(QueueFlow flow, string domain, DateTimeOffset now)
    {
        if (!_configured.HasFlowLimits)
        {
            return [];
        }

        var limits = _configured.OfFlow(flow, domain);
        var found = new Throttle[limits.Count];
        for (var i = 0; i < found.Length; i++)
        {
            found[i] = Find(limits[i].Scope, limits[i].Name, limits[i].Origin, limits[i].Options, now);
        }

        return found;
    }

    /// <summary>What limits all mail of a path: its own limits, those of its site and those of its source.</summary>
    public Throttle[] OfPath(EgressPath path, DateTimeOffset now)
    {
        var found = new List<Throttle>(3);
        if (OwnOf(path.Limits) is (var own, var origin))
        {
            found.Add(Find(LimitScope.Path, path.Key.ToString(), origin, own, now));
        }

        Add(found, LimitScope.Site, path.Site.Name, now);
        Add(found, LimitScope.Source, path.Source.Name, now);
        return [.. found];
    }

    /// <summary>The path's own limits are others now: what is counted for it goes on under them.</summary>
    public void Change(EgressPath path)
    {
        if (_throttles.TryGetValue((LimitScope.Path, path.Key.ToString()), out var known))
        {
            var (own, origin) = OwnOf(path.Limits) ?? (new ThrottleOptions(), path.Limits.MessageRate.Origin);
            Change(known, origin, own);
        }
    }

    /// <summary>The configured limits are others now: all throttles that are counted by name follow.</summary>
    public void ChangeNamed()
    {
        foreach (var ((scope, name), throttle) in _throttles.Where(t => t.Key.Scope != LimitScope.Path))
        {
            var limit = _configured.Find(scope, name);
            Change(throttle, limit?.Origin ?? throttle.Origin, limit?.Options ?? new ThrottleOptions());
        }
    }

    private void Change(Throttle throttle, string origin, ThrottleOptions limits)
    {
        throttle.Change(origin, limits);
        if (_reserveWanted is { } wanted)
        {
            throttle.WriteAhead(wanted);
        }
    }

    /// <summary>Remembers a lane to be asked again when the throttle has room; beyond the bound the periodic look at the store finds it.</summary>
    public void Wait(Throttle throttle, QueueLane lane)
    {
        throttle.Waiting.Add(lane);
        _waited.Add(throttle);
    }

    public void ForgetWaited(Throttle throttle) => _waited.Remove(throttle);

    /// <summary>From now on long limits count nothing that the store does not take for used already.</summary>
    /// <param name="wanted">Told, under the lock, when <see cref="TakeChanges"/> should be called soon.</param>
    public void WriteAhead(Action wanted)
    {
        _reserveWanted = wanted;
        foreach (var throttle in _throttles.Values)
        {
            throttle.WriteAhead(wanted);
        }
    }

    /// <summary>Durable throttles that counted since they were saved last, or need more in reserve.</summary>
    /// <param name="isLast">Nothing is counted any more: nothing is held in reserve.</param>
    public IReadOnlyList<BudgetChange> TakeChanges(bool isLast = false) =>
    [
        .. _throttles.Values.Where(t => t.IsDurable && (t.IsChanged || t.Reserve is { } reserve && (reserve.IsWanted || isLast))).Select(t =>
        {
            var reserve = isLast ? null : t.Reserve?.Begin();
            return new BudgetChange(t, new StoredBudget(t.Name, t.Save(reserve)), reserve) { Holder = t.Reserve };
        }),
    ];

    private void Add(List<Throttle> found, LimitScope scope, string name, DateTimeOffset now)
    {
        if (_configured.Find(scope, name) is { } limit)
        {
            found.Add(Find(scope, name, limit.Origin, limit.Options, now));
        }
    }

    private static (ThrottleOptions Limits, string Origin)? OwnOf(SiteLimits limits) =>
        limits.MessageRate.Value is null && limits.ByteRate.Value is null
            ? null
            : (new ThrottleOptions { MessageRate = limits.MessageRate.Value, ByteRate = limits.ByteRate.Value },
                limits.MessageRate.Value is null ? limits.ByteRate.Origin : limits.MessageRate.Origin);

    private Throttle Find(LimitScope scope, string name, string origin, ThrottleOptions limits, DateTimeOffset now)
    {
        if (_throttles.TryGetValue((scope, name), out var known))
        {
            return known;
        }

        if (_throttles.Count >= capacity)
        {
            ForgetIdle(now);
        }

        // When all are in use the newcomers share one: together they get less than their due, never more.
        var isFull = _throttles.Count >= capacity;
        var kept = isFull ? Any : name;
        if (isFull && _throttles.TryGetValue((scope, kept), out var shared))
        {
            return shared;
        }

        var made = new Throttle(scope, $"{scope.ToString().ToLowerInvariant()} {kept}", origin, limits);
        if (_stored.Remove(made.Name, out var state))
        {
            made.Restore(state, now, _startedAt);
        }

        if (_reserveWanted is { } wanted)
        {
            made.WriteAhead(wanted);
        }

        _throttles[(scope, kept)] = made;
        return made;
    }

    private void ForgetIdle(DateTimeOffset now)
    {
        foreach (var (key, throttle) in _throttles.Where(t => t.Value.IsIdle(now)).ToList())
        {
            _throttles.Remove(key);
            _waited.Remove(throttle);
        }
    }
}

/// <summary>Counts on their way to the store.</summary>
internal sealed record BudgetChange(Throttle Throttle, StoredBudget Stored, BudgetReserve.Amount? Reserve)
{
    /// <summary>Whose reserve it is; the throttle has another one when its limits were changed meanwhile.</summary>
    public BudgetReserve? Holder { get; init; }
}
