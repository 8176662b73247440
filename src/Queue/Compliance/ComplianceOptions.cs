namespace Relay.Queue;

/// <summary>What becomes of mail that breaks a rule of large receivers.</summary>
public enum ComplianceMode
{
    /// <summary>Nobody looks.</summary>
    Off,

    /// <summary>It is sent; what was found is shown.</summary>
    Warn,

    /// <summary>It waits until an operator lets it go.</summary>
    Hold,

    /// <summary>It is not taken; what is found out only later is held.</summary>
    Reject,
}

/// <summary>The bulk-sender gate by stream.</summary>
public sealed record ComplianceOptions
{
    public ComplianceMode Transactional { get; init; } = ComplianceMode.Warn;

    public ComplianceMode Broadcast { get; init; } = ComplianceMode.Warn;

    /// <summary>Broadcasts must carry Feedback-ID.</summary>
    public bool RequiresFeedbackId { get; init; }

    public ComplianceMode ModeOf(MailStream stream) => stream == MailStream.Broadcast ? Broadcast : Transactional;
}

/// <summary>What DNS says against the sender of a message.</summary>
public interface IDomainFindings
{
    /// <returns>Null: nobody has looked yet, or DNS did not answer.</returns>
    IReadOnlyList<ComplianceFinding>? Known(QueuedMessage message);
}
