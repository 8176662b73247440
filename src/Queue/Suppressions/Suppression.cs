namespace Relay.Queue;

/// <summary>An address, or a pattern of addresses, we will not send to, and why.</summary>
public sealed record Suppression
{
    public const int MaxDetailLength = 1000;

    public long AccountId { get; init; } = 1;

    /// <summary>Address in lower case, domain as A-labels; or <c>*@example.com</c> for a domain, <c>abuse@*</c> for a local part everywhere.</summary>
    public required string Address { get; init; }

    /// <summary>What mail it holds for; the default is all mail of the account.</summary>
    public SuppressionScope Scope { get; init; }

    public required SuppressionReason Reason { get; init; }

    /// <summary>For people: what was said, or who asked.</summary>
    public string? Detail { get; init; }

    /// <summary>What was decided from: the rule with its version, the reply, the report; null when somebody simply asked.</summary>
    public string? Evidence { get; init; }

    /// <summary>The message it came from; null when none.</summary>
    public QueueId? MessageId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>In one line, for events and replies to people.</summary>
    public string ToText() => Detail is null ? $"on the suppression list ({Reason})" : $"on the suppression list ({Reason}): {Detail}";

    /// <summary>From then on it does not count; null: for ever.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>The values are stored.</summary>
public enum SuppressionReason
{
    Manual = 0,
    HardBounce = 1,
    Complaint = 2,
    Unsubscribe = 3,
}

/// <summary>A step towards an entry: it is added when there have been <see cref="Threshold"/> of them within <see cref="Window"/>.</summary>
public sealed record SuppressionNotice(Suppression Entry, int Threshold, TimeSpan Window);

/// <summary>Why an address must not be sent to.</summary>
/// <param name="Address">As it was asked for, in the form of <see cref="SuppressionKey"/>.</param>
public sealed record SuppressionMatch(string Address, Suppression Entry);
