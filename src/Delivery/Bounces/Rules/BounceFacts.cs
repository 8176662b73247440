using Relay.Mail;

namespace Relay.Delivery;

/// <summary>What is known of a refusal, from a live reply or from a report: all that rules may look at.</summary>
public sealed record BounceFacts
{
    /// <summary>SMTP reply code; null when none was said.</summary>
    public int? ReplyCode { get; init; }

    public EnhancedStatusCode? Enhanced { get; init; }

    /// <summary>4 or 5: what the reply or the report calls temporary or permanent; null when neither says.</summary>
    public int? ReplyClass => Enhanced is { Class: 4 or 5 } enhanced ? enhanced.Class : ReplyCode is { } code ? code / 100 : null;

    /// <summary>The reply's text, or what a report gives as reason.</summary>
    public required string Text { get; init; }

    /// <summary>What a report says besides; looked at when <see cref="Text"/> alone tells nothing.</summary>
    public string? MoreText { get; init; }

    /// <summary>Name of the step at which it was said, as the conversation names it (Mail, Recipient, FinalDot…); null when unknown.</summary>
    public string? Step { get; init; }

    /// <summary>What the system that sent the report sorted it as (X-PowerMTA-BounceCategory); null when it says nothing.</summary>
    public string? Category { get; init; }

    /// <summary>Host that said it.</summary>
    public string? Host { get; init; }

    /// <summary>The report calls it a delay.</summary>
    public bool IsDelay { get; init; }
}
