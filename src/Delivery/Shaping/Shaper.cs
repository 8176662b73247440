using Microsoft.Extensions.Logging;

namespace Relay.Delivery;

/// <summary>Draws conclusions from what receivers say: by rules on their replies, and by learning. Thread safe.</summary>
/// <remarks>
/// 1. Before an outcome is stored, a rule may give the recipient another time or class. 2. Afterwards the same rule may change the path: its
/// limits for a time, or a suspension of path, site or source. 3. Successes and signs of strain move what is learned of the path. What was
/// decided is in force at once and goes to <see cref="DecisionLog"/> to be kept. The lock is a leaf but for the dispatcher's.
/// </remarks>
internal sealed class Shaper(
    DeliveryOptions options, IPathControl control, EgressPools pools, SourceMonitor sources, SiteReturns returns, WarmupGate warmup, DecisionLog decisions, ILogger<Shaper> logger, TimeProvider time)
    : IShapingObserver
{
    private const int MaxPaths = 10_000;
    private const string SuspensionSuffix = " (suspension)";
    private static readonly TimeSpan ForgetAfter = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly ReplyJudge _judge = new(options.Shaping);
    private readonly RuleHits _hits = new();
    private readonly Dictionary<PathKey, PathMemory> _paths = [];

    public AttemptResult Judge(EgressPath path, AttemptResult result)
    {
        if (!result.Outcomes.Any(o => o.Outcome.Reply is { Code: >= 400 }))
        {
            return result;
        }

        var now = time.GetUtcNow();
        return result with
        {
            Outcomes = [.. result.Outcomes.Select(o => o with { Outcome = _judge.Judge(o.Outcome.IsForeign ? null : path.Site.Provider, o.Outcome, now) })],
        };
    }

    public void Observe(EgressPath path, AttemptResult result)
    {
        if (result.Outcomes.Any(o => o.Outcome.IsForeign))
        {
            result = result with { Outcomes = [.. result.Outcomes.Where(o => !o.Outcome.IsForeign)] };
        }

        Watch(path.Key, result);
        warmup.Observe(path.Key, result);
        lock (_gate)
        {
            var now = time.GetUtcNow();
            var memory = MemoryOf(path, now);
            if (result.Feedback.Kind != FeedbackKind.Neutral)
            {
                memory.Sent.Count(now);
            }

            var isStrained = false;
            var seen = new HashSet<ReplyRule>(ReferenceEqualityComparer.Instance);
            foreach (var (_, outcome) in result.Outcomes)
            {
                if (_judge.Find(path.Site.Provider, outcome) is { } rule && seen.Add(rule))
                {
                    isStrained |= rule.ActsOnPath || rule.Class == BounceClass.RateLimit;
                    Act(path, memory, rule, outcome, now);
                }

                isStrained |= outcome is { Kind: OutcomeKind.Deferred, Class: BounceClass.RateLimit };
            }

            Learn(path, memory, result, isStrained, now);
        }
    }

    /// <summary>Puts a decision of an earlier run in force again.</summary>
    public void Resume(ShapingDecision decision)
    {
        if (decision.Act is ShapingAct.Limited or ShapingAct.Suspended or ShapingAct.Learned)
        {
            Apply(decision);
        }
    }

    /// <summary>Takes a decision out of force before its time.</summary>
    public void End(ShapingDecision decision)
    {
        if (decision.Site is null)
        {
            pools.Sources.Where(s => s.Name == decision.Source).ToList().ForEach(sources.EndRest);
            return;
        }

        if (decision.Act == ShapingAct.WarmupPaused)
        {
            warmup.Resume(new PathKey(decision.Site, decision.Source!));
        }

        lock (_gate)
        {
            foreach (var path in PathsOf(decision))
            {
                control.Remove(path, decision.Rule);
                control.Remove(path, decision.Rule + SuspensionSuffix);
                if (decision.Act == ShapingAct.Learned)
                {
                    _paths.Remove(path);
                }
            }
        }
    }

    /// <summary>A path that stops answering is watched for its return.</summary>
    private void Watch(PathKey path, AttemptResult result)
    {
        if (result.Feedback.Kind == FeedbackKind.ConnectionFailure)
        {
            var keys = result.Outcomes.Where(o => o.Outcome.Kind == OutcomeKind.Deferred).Select(o => o.Recipient.QueueKey).Distinct();
            returns.Failed(path, keys, control.IsDown(path));
        }
        else if (result.Feedback.Kind == FeedbackKind.Success)
        {
            returns.Answered(path);
        }
    }

    private void Act(EgressPath path, PathMemory memory, ReplyRule rule, AttemptOutcome outcome, DateTimeOffset now)
    {
        if (!rule.ActsOnPath || ReplyJudge.DurationOf(rule, outcome.Reply!) is not { } duration || !_hits.Count(rule, path.Key, now))
        {
            return;
        }

        var decision = Decide(path, memory, rule, now, now + duration) with { Reason = RemoteText.Clean(outcome.Reply!.ToString(), 300) };
        Apply(decision);
        Tell(decision);
    }

    private ShapingDecision Decide(EgressPath path, PathMemory memory, ReplyRule rule, DateTimeOffset now, DateTimeOffset until) => new()
    {
        Act = rule.Suspend == SuspensionScope.None ? ShapingAct.Limited : ShapingAct.Suspended,
        At = now,
        Until = until,
        Site = rule.Suspend == SuspensionScope.Source ? null : path.Site.Name,
        Source = rule.Suspend == SuspensionScope.Site ? null : path.Source.Name,
        Rule = rule.Name,
        Connections = rule.Connections ?? (rule.ConnectionsBy is { } share ? Math.Max(1, (int)(share * control.ConnectionsOf(path.Key))) : null),
        Rate = rule.Rate ?? (rule.RateBy is { } part ? PaceOverride.RateOf(part * RateOf(path, memory, now)) : null),
        Reason = string.Empty,
    };

    /// <summary>Messages a second that the path may send now, or sent of late where nothing limits it.</summary>
    private double RateOf(EgressPath path, PathMemory memory, DateTimeOffset now)
    {
        var limits = control.Active(path.Key).Select(change => change.MessageRate).Concat(path.Limits.MessageRate.Value?.Items ?? []).OfType<MessageRate>().ToList();
        var recent = Math.Max(memory.Sent.PerSecond(now), LearnedPace.LeastTraffic);
        return limits.Count == 0 ? recent : Math.Min(recent, limits.Min(PaceOverride.PerSecond));
    }

    private void Apply(ShapingDecision decision)
    {
        if (decision.Site is null)
        {
            pools.Sources.Where(s => s.Name == decision.Source).ToList().ForEach(s => sources.Rest(s, decision.Until, $"{decision.Rule}: {decision.Reason}"));
            return;
        }

        // A suspension that also asks for less: the lower limits hold for as long again, when the mail comes back at once.
        var limits = new LimitOverride
        {
            Name = decision.Rule,
            Reason = decision.Reason,
            Until = decision.IsSuspension ? decision.Until + (decision.Until - decision.At) : decision.Until,
            MaxConnections = decision.Connections,
            MessageRate = decision.Rate,
        };
        foreach (var path in PathsOf(decision))
        {
            if (limits.MaxConnections is not null || limits.MessageRate is not null)
            {
                control.Set(path, limits);
            }

            if (decision.IsSuspension)
            {
                control.Set(path, new LimitOverride { Name = decision.Rule + SuspensionSuffix, Reason = decision.Reason, Until = decision.Until, IsSuspension = true });
            }
        }
    }

    private IEnumerable<PathKey> PathsOf(ShapingDecision decision) =>
        decision.Source is { } source ? [new PathKey(decision.Site!, source)] : pools.Sources.Select(s => new PathKey(decision.Site!, s.Name));

    private void Learn(EgressPath path, PathMemory memory, AttemptResult result, bool isStrained, DateTimeOffset now)
    {
        if (!options.Shaping.Learning)
        {
            return;
        }

        var before = memory.Pace;
        if (isStrained)
        {
            memory.Pace = before.Strained(now, memory.Sent.PerSecond(now));
        }
        else if (result.Feedback.Kind == FeedbackKind.Success)
        {
            memory.Pace = before.Succeeded();
        }

        var hasFallen = memory.Pace.DeafUntil > before.DeafUntil;
        var limits = PaceOverride.Of(memory.Pace, now, hasFallen ? ReasonOf(result) : memory.InForce?.Reason ?? "learned");
        if (!hasFallen && !PaceOverride.Differs(memory.InForce, limits))
        {
            return;
        }

        memory.InForce = limits;
        if (limits is null)
        {
            control.Remove(path.Key, PaceOverride.Name);
            return;
        }

        control.Set(path.Key, limits);
        if (hasFallen)
        {
            Tell(new ShapingDecision
            {
                Act = ShapingAct.Learned,
                At = now,
                Until = limits.Until,
                Site = path.Site.Name,
                Source = path.Source.Name,
                Rule = PaceOverride.Name,
                Connections = limits.MaxConnections,
                Rate = limits.MessageRate,
                Reason = limits.Reason,
            });
        }
    }

    private static string ReasonOf(AttemptResult result) =>
        RemoteText.Clean(result.Outcomes.Select(o => o.Outcome).FirstOrDefault(o => o.IsFailure) is { } failure ? failure.Reply?.ToString() ?? failure.Text : "strain", 300);

    private PathMemory MemoryOf(EgressPath path, DateTimeOffset now)
    {
        if (!_paths.TryGetValue(path.Key, out var memory))
        {
            Forget(now);
            _paths[path.Key] = memory = new PathMemory(PaceOf(path));
        }

        memory.LastUsed = now;
        return memory;
    }

    /// <summary>Starts free, or with what an earlier run had learned.</summary>
    private LearnedPace PaceOf(EgressPath path)
    {
        var max = path.Limits.MaxConnections.Value;
        return control.Active(path.Key).FirstOrDefault(change => change.Name == PaceOverride.Name) is { } learned
            ? LearnedPace.Resume(max, learned.MaxConnections, learned.MessageRate is { } rate ? PaceOverride.PerSecond(rate) : null)
            : LearnedPace.Start(max);
    }

    private void Forget(DateTimeOffset now)
    {
        if (_paths.Count < MaxPaths)
        {
            return;
        }

        foreach (var key in _paths.Where(p => now - p.Value.LastUsed > ForgetAfter).Select(p => p.Key).ToList())
        {
            _paths.Remove(key);
        }

        // Still full: what was learned is learned again.
        if (_paths.Count >= MaxPaths)
        {
            _paths.Clear();
        }
    }

    private void Tell(ShapingDecision decision)
    {
        DeliveryLog.ShapingDecided(logger, decision.Act, decision.Site ?? "every site", decision.Source ?? "every source", decision.Rule, decision.Until, decision.Reason);
        decisions.Add(decision);
    }
}
