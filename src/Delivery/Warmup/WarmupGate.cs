using System.Globalization;

namespace Relay.Delivery;

/// <summary>Keeps sources that are being warmed up within the budget of their day. Thread safe.</summary>
/// <remarks>What does not fit goes by the other sources of its pool; when none has room it waits for the next day, uncounted.</remarks>
internal sealed class WarmupGate(DeliveryOptions options, TimeProvider time) : IPathBudgets, IWarmupStatus
{
    private const int MaxSites = 100_000;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Plan, string Site), WarmupProgress> _progress = [];
    private readonly HashSet<(string Plan, string Site)> _changed = [];

    /// <summary>Told outside of the lock when a plan begins to rest.</summary>
    public event Action<WarmupOptions, WarmupProgress>? Paused;

    public PathBudget? Find(PathKey path, DateTimeOffset now)
    {
        if (PlanOf(path) is not { } plan)
        {
            return null;
        }

        lock (_gate)
        {
            var progress = ProgressOf(plan, path.Site, now);
            return WarmupRules.Left(plan, progress) is { } left ? new PathBudget(left, WarmupRules.NextAt(progress), Describe(plan, progress)) : null;
        }
    }

    public bool TryTake(PathKey path, DateTimeOffset now)
    {
        if (PlanOf(path) is not { } plan)
        {
            return true;
        }

        lock (_gate)
        {
            var progress = ProgressOf(plan, path.Site, now);
            if (WarmupRules.Left(plan, progress) == 0)
            {
                return false;
            }

            Set(progress with { Sent = progress.Sent + 1 });
            return true;
        }
    }

    /// <summary>Counts what an attempt came to.</summary>
    public void Observe(PathKey path, AttemptResult result)
    {
        if (options.Warmup.Count == 0)
        {
            return;
        }

        var outcomes = result.Outcomes.Select(o => o.Outcome).ToList();
        Count(path, new WarmupCounts(
            outcomes.Count(o => o.Kind == OutcomeKind.Delivered),
            outcomes.Count(o => o is { Kind: OutcomeKind.Deferred, Reply: not null } && o.Class is not (BounceClass.Greylist or BounceClass.Quota)),
            outcomes.Count(o => o.Kind == OutcomeKind.Rejected),
            0));
    }

    public void Count(PathKey path, WarmupCounts counts)
    {
        if (PlanOf(path) is not { } plan || counts == default)
        {
            return;
        }

        WarmupProgress before, after;
        lock (_gate)
        {
            var now = time.GetUtcNow();
            before = ProgressOf(plan, path.Site, now);
            after = WarmupRules.Observe(plan, before, counts, now);
            Set(after);
        }

        if (before.PausedUntil is null && after.PausedUntil is not null)
        {
            Paused?.Invoke(plan, after);
        }
    }

    /// <summary>An operator lets a plan that rests go on.</summary>
    public void Resume(PathKey path)
    {
        if (PlanOf(path) is { } plan)
        {
            lock (_gate)
            {
                Set(WarmupRules.Resume(ProgressOf(plan, path.Site, time.GetUtcNow())));
            }
        }
    }

    /// <summary>Goes on where an earlier run stopped.</summary>
    public void Load(IEnumerable<WarmupProgress> stored)
    {
        lock (_gate)
        {
            foreach (var progress in stored)
            {
                _progress[(progress.Plan, progress.Site)] = progress;
            }
        }
    }

    /// <summary>What changed since the last call, each once.</summary>
    public IReadOnlyList<WarmupProgress> TakeChanged()
    {
        lock (_gate)
        {
            WarmupProgress[] changed = [.. _changed.Select(key => _progress[key])];
            _changed.Clear();
            return changed;
        }
    }

    /// <summary>What could not be stored is to be taken again.</summary>
    public void Keep(IEnumerable<WarmupProgress> unsaved)
    {
        lock (_gate)
        {
            _changed.UnionWith(unsaved.Select(progress => (progress.Plan, progress.Site)));
        }
    }

    /// <summary>Every plan with the sites it has met.</summary>
    public IReadOnlyList<WarmupStatus> Snapshot()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            return [.. options.Warmup.Select(plan => new WarmupStatus(plan, [.. SitesOf(plan).Select(site => ProgressOf(plan, site, now))]))];
        }
    }

    private List<string> SitesOf(WarmupOptions plan) =>
        _progress.Keys.Where(key => key.Plan == plan.Name).Select(key => key.Site).Union(plan.Sites).Order(StringComparer.Ordinal).ToList();

    private WarmupOptions? PlanOf(PathKey path)
    {
        foreach (var plan in options.Warmup)
        {
            if (plan.Covers(path))
            {
                return plan;
            }
        }

        return null;
    }

    private WarmupProgress ProgressOf(WarmupOptions plan, string site, DateTimeOffset now)
    {
        var known = _progress.GetValueOrDefault((plan.Name, site)) ?? WarmupRules.Start(plan, site, now);
        var current = WarmupRules.At(plan, known, now);
        if (!ReferenceEquals(current, known))
        {
            Set(current);
        }

        return current;
    }

    // Beyond the bound nothing is remembered of new sites: their budget is that of the first day, each day.
    private void Set(WarmupProgress progress)
    {
        var key = (progress.Plan, progress.Site);
        if (_progress.Count < MaxSites || _progress.ContainsKey(key))
        {
            _progress[key] = progress;
            _changed.Add(key);
        }
    }

    private static string Describe(WarmupOptions plan, WarmupProgress progress) => progress.PausedUntil is { } until
        ? string.Create(CultureInfo.InvariantCulture, $"warm-up plan {plan.Name} rests until {until:u}: {progress.PauseReason}")
        : string.Create(CultureInfo.InvariantCulture, $"warm-up plan {plan.Name}, day {progress.Day + 1}: {progress.Sent} of {plan.Days[progress.Day]} messages sent");
}
