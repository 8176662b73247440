using Relay.Queue;

namespace Relay.Platform.Tracking;

/// <summary>What a tracked address in an e-mail stands for: whose copy of which message, and where a link leads.</summary>
internal sealed record TrackingToken
{
    public required TokenKind Kind { get; init; }

    public required long AccountId { get; init; }

    public required QueueId MessageId { get; init; }

    /// <summary>Address in wire form.</summary>
    public required string Recipient { get; init; }

    /// <summary>Target of a link; null for the others.</summary>
    public string? Url { get; init; }

    /// <summary>When the message was accepted: its identifier tells.</summary>
    public DateTimeOffset AcceptedAt => QueueIdTime.Of(MessageId);
}

/// <summary>The values stand in addresses already sent.</summary>
internal enum TokenKind
{
    Open = 1,
    Click = 2,

    /// <summary>A link no person sees: who follows it reads the source.</summary>
    Hidden = 3,
}
