using System.Text.Json;

namespace Relay.Queue;

/// <summary>One thing that happened to a message or recipient. Append only; unknown members of later versions are ignored.</summary>
public sealed record DeliveryEvent
{
    public const int CurrentVersion = 1;

    /// <summary>Assigned by the store, increasing in commit order; 0 before.</summary>
    public long Sequence { get; init; }

    public int Version { get; init; } = CurrentVersion;

    public required DeliveryEventKind Kind { get; init; }

    public required DateTimeOffset At { get; init; }

    public long AccountId { get; init; } = 1;

    public required QueueId MessageId { get; init; }

    /// <summary>Null for events of the whole message, and in a draft (the store fills it by address).</summary>
    public long? RecipientId { get; init; }

    public string? Recipient { get; init; }

    public FaultSide Fault { get; init; }

    /// <summary>Bounce class such as <c>bad-mailbox</c>, <c>policy</c>, <c>quota</c>; null when it is no failure.</summary>
    public string? Class { get; init; }

    /// <summary>Within the class, such as <c>mailbox-disabled</c>; null when no rule was asked.</summary>
    public string? Subclass { get; init; }

    /// <summary>The rule that decided, with the version of the rules: <c>user-unknown@2026.11.1</c>.</summary>
    public string? Rule { get; init; }

    /// <summary>The address itself is dead; null when no rule was asked.</summary>
    public bool? IsHard { get; init; }

    /// <summary>1 for the first attempt.</summary>
    public int? Attempt { get; init; }

    public int? ReplyCode { get; init; }

    public string? EnhancedCode { get; init; }

    /// <summary>Reply text or reason, bounded to 1,000 characters.</summary>
    public string? Text { get; init; }

    /// <summary>Step of the conversation at which it was decided, as the rules of bounces name it; answers spell it as <see cref="StepWord"/>.</summary>
    public string? Step { get; init; }

    public string? RemoteHost { get; init; }

    public string? RemoteAddress { get; init; }

    /// <summary>Protocol and cipher, for example <c>TLS1.3 TLS_AES_256_GCM_SHA384 unverified</c>; null in clear.</summary>
    public string? Tls { get; init; }

    public string? Site { get; init; }

    public string? Source { get; init; }

    public DateTimeOffset? NextAttempt { get; init; }

    /// <summary>Milliseconds from lease to outcome.</summary>
    public int? DurationMs { get; init; }

    /// <summary>Who acted, for operator events.</summary>
    public string? Actor { get; init; }

    /// <summary>The link that was followed, for <see cref="DeliveryEventKind.Clicked"/>.</summary>
    public string? Url { get; init; }

    /// <summary>User-Agent of who opened or clicked, at most 500 characters.</summary>
    public string? UserAgent { get; init; }

    /// <summary>Address of who opened or clicked.</summary>
    public string? ClientAddress { get; init; }

    /// <summary>True when an open or click looks like a prefetcher or scanner; false for a person; null for other events.</summary>
    public bool? IsMachine { get; init; }

    /// <summary>The SMTP conversation of a failed attempt, at most 4 KB.</summary>
    public string? Conversation { get; init; }

    /// <summary>The step as every answer spells it: camelCase, like all other words.</summary>
    public string? StepWord() => Step is null ? null : JsonNamingPolicy.CamelCase.ConvertName(Step);
}
