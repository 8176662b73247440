namespace Relay.Delivery;

/// <summary>What kind of decision was made. The values are stored.</summary>
public enum ShapingAct
{
    /// <summary>A rule changed limits.</summary>
    Limited = 0,

    /// <summary>A rule suspended a path, a site or a source.</summary>
    Suspended = 1,

    /// <summary>Outcomes lowered connections and rate.</summary>
    Learned = 2,

    /// <summary>A site that did not answer is back.</summary>
    Returned = 3,

    /// <summary>A warm-up plan rests because of bad signals.</summary>
    WarmupPaused = 4,
}

/// <summary>One decision about a path, a site (<see cref="Source"/> null) or a source (<see cref="Site"/> null), with its reason. Kept and shown.</summary>
public sealed record ShapingDecision
{
    /// <summary>Given by the store, growing; 0 before.</summary>
    public long Id { get; init; }

    public required ShapingAct Act { get; init; }

    public required DateTimeOffset At { get; init; }

    /// <summary>When it ends by itself; not later than <see cref="At"/> for what only happened.</summary>
    public required DateTimeOffset Until { get; init; }

    public string? Site { get; init; }

    public string? Source { get; init; }

    /// <summary>Name of the rule, or what else decided: <c>learning</c>, <c>probe</c>, <c>warmup/NAME</c>.</summary>
    public required string Rule { get; init; }

    public int? Connections { get; init; }

    public MessageRate? Rate { get; init; }

    /// <summary>The reply that brought it about, or what was seen; one line.</summary>
    public required string Reason { get; init; }

    /// <summary>When an operator ended it early.</summary>
    public DateTimeOffset? EndedAt { get; init; }

    public bool IsSuspension => Act == ShapingAct.Suspended;

    public bool IsActive(DateTimeOffset now) => EndedAt is null && Until > now;
}
