using Relay.Queue;

namespace Relay;

/// <summary><c>[compliance]</c>: what large receivers ask of senders, asked here first (docs/compliance.md).</summary>
internal sealed class ComplianceSection
{
    /// <summary>What becomes of transactional mail that breaks a rule. Default warn: the receivers' rules are for many messages a day, and a password reset that waits for an operator harms more than one that a receiver may refuse.</summary>
    [Setting]
    public ComplianceMode Transactional { get; init; } = ComplianceMode.Warn;

    /// <summary>The same of broadcasts. Default warn, so that nothing that was sent before stays here unasked; reject is what a sender of many wants once <c>relay domain check</c> is clean.</summary>
    [Setting]
    public ComplianceMode Broadcast { get; init; } = ComplianceMode.Warn;

    /// <summary>Broadcasts without Feedback-ID break a rule, too. Default false: only senders who read a receiver's feedback loop need it.</summary>
    [Setting]
    public bool FeedbackId { get; init; }
}
