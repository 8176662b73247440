using Relay.Mail;
using Relay.Platform.Domains;
using Relay.Queue;

namespace Relay.Platform.Tracking;

/// <summary>Puts tracked links and the pixel into HTML that we compose.</summary>
public interface ILinkTracker
{
    /// <summary>What of this e-mail is tracked: what the message says, else what its domain says; nothing while the public listener is closed.</summary>
    TrackingChoice Choose(SendingDomain? domain, bool? opens, bool? clicks);

    /// <summary>The HTML for one recipient; the same text when it holds nothing to track.</summary>
    string Track(string html, TrackingTarget target);
}

public readonly record struct TrackingChoice(bool Opens, bool Clicks)
{
    public bool IsAny => Opens || Clicks;
}

/// <summary>Whose copy of which message.</summary>
public sealed record TrackingTarget
{
    public required long AccountId { get; init; }

    public required QueueId MessageId { get; init; }

    public required Mailbox Recipient { get; init; }

    public required TrackingChoice Choice { get; init; }

    /// <summary>The domain's own tracking host; null means the server's public URL.</summary>
    public string? Host { get; init; }
}
