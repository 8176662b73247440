using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What one task came to.</summary>
internal sealed record AttemptResult
{
    /// <summary>One per recipient of the task.</summary>
    public required IReadOnlyList<RecipientOutcome> Outcomes { get; init; }

    public required SiteFeedback Feedback { get; init; }

    /// <summary>Made by this attempt; stored when recipients are deferred.</summary>
    public VariantSignature? Signature { get; init; }

    /// <summary>The same outcome for all.</summary>
    public static AttemptResult ForAll(DeliveryTask task, AttemptOutcome outcome, SiteFeedback feedback) => new()
    {
        Outcomes = task.Recipients.Select(r => new RecipientOutcome(r, outcome)).ToList(),
        Feedback = feedback,
    };
}
