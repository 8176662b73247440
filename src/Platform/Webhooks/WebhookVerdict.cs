namespace Relay.Platform.Webhooks;

internal enum WebhookOutcome
{
    Succeeded,
    Failed,

    /// <summary>Nothing is known or noted: the call was cut, could not be stored, or its webhook is not served any more.</summary>
    Unknown,
}

/// <summary>How a call ended, for the lane it belongs to.</summary>
/// <param name="RetryAt">When this delivery is due again; null when it is finished.</param>
/// <param name="NotBefore">The whole webhook rests until then; null when nothing asks for it.</param>
internal readonly record struct WebhookVerdict(WebhookOutcome Outcome, DateTimeOffset? RetryAt, DateTimeOffset? NotBefore);
