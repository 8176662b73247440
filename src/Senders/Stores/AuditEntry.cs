namespace Relay.Senders;

/// <summary>One state-changing act of an operator: who, from where, what. Append only.</summary>
public sealed record AuditEntry
{
    public long Id { get; init; }

    public long AccountId { get; init; } = 1;

    public required DateTimeOffset At { get; init; }

    /// <summary>Credential name, or <c>cli</c> / <c>system</c>.</summary>
    public required string Actor { get; init; }

    /// <summary>Client address; null for local acts.</summary>
    public string? From { get; init; }

    /// <summary>Dotted verb, for example <c>queue.hold</c>.</summary>
    public required string Action { get; init; }

    /// <summary>What it acted on, as people would name it; never a secret.</summary>
    public string? Target { get; init; }

    public int AffectedCount { get; init; }
}
