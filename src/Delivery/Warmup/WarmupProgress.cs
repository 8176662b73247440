namespace Relay.Delivery;

/// <summary>How far one plan is with one site. Immutable; each step is a new value. Durable.</summary>
public sealed record WarmupProgress
{
    /// <summary>Name of the plan.</summary>
    public required string Plan { get; init; }

    public required string Site { get; init; }

    /// <summary>0 for the first; as many as the plan has days when it is done.</summary>
    public int Day { get; init; }

    /// <summary>The day (UTC) the counts are of.</summary>
    public required DateOnly Date { get; init; }

    /// <summary>Messages handed out.</summary>
    public int Sent { get; init; }

    /// <summary>Recipients accepted.</summary>
    public int Delivered { get; init; }

    /// <summary>Recipients the receiver deferred; greylisting and trouble of the network do not count.</summary>
    public int Deferred { get; init; }

    /// <summary>Recipients refused for good.</summary>
    public int Bounced { get; init; }

    public int Complaints { get; init; }

    public DateTimeOffset? PausedUntil { get; init; }

    /// <summary>Why the plan rests, or rested today.</summary>
    public string? PauseReason { get; init; }
}

/// <summary>What one attempt, or one report, adds to the counts of the day.</summary>
public readonly record struct WarmupCounts(int Delivered, int Deferred, int Bounced, int Complaints);
