using Relay.Mail;

namespace Relay.Queue;

/// <summary>A message about to be enqueued: made by the intake only.</summary>
public sealed record MessageDraft
{
    public required QueuedMessage Message { get; init; }

    public required SpooledContent Content { get; init; }

    /// <summary>At least one; together they hold at least one recipient.</summary>
    public required IReadOnlyList<VariantDraft> Variants { get; init; }

    /// <summary>The event stored with the message (Accepted), and those of recipients that start in a final state (Suppressed, Captured).</summary>
    public required IReadOnlyList<DeliveryEvent> Events { get; init; }

    /// <summary>What the variants send: the shared content when any of them uses it, and their own.</summary>
    public IEnumerable<SpooledContent> Contents() => Variants is [var only] ? [only.Content ?? Content] : Variants.Select(variant => variant.Content ?? Content).Distinct();
}

public sealed record VariantDraft
{
    /// <summary>Own content where it differs from the message's; null means the message's.</summary>
    public SpooledContent? Content { get; init; }

    public required ReadOnlyMemory<byte> Prefix { get; init; }

    public string? ReturnPath { get; init; }

    public required IReadOnlyList<RecipientDraft> Recipients { get; init; }
}

public sealed record RecipientDraft
{
    public required Mailbox Address { get; init; }

    public required string QueueKey { get; init; }

    public DsnNotify Notify { get; init; }

    public string? OriginalRecipient { get; init; }

    /// <summary>Scheduled, Ready, Leased (born leased), Held, Suppressed or Captured.</summary>
    public required RecipientState State { get; init; }

    public required DateTimeOffset NextAttempt { get; init; }

    /// <summary>Why it is held, as <see cref="QueuedRecipient.LastReply"/>; null for other states.</summary>
    public string? Reason { get; init; }
}
