using Relay.Queue;

namespace Relay.Platform.Emails;

/// <summary>The status of an e-mail as API clients know it. The values are stored; a higher one is told rather than a lower one.</summary>
public enum EmailStatus
{
    Scheduled = 0,
    Queued = 1,
    DeliveryDelayed = 2,

    /// <summary>Handed to the destination, or kept or discarded where the configuration says so.</summary>
    Sent = 3,
    Delivered = 4,
    Suppressed = 5,
    Cancelled = 6,
    RenderingFailure = 7,

    /// <summary>Given up: the time was over.</summary>
    Failed = 8,

    /// <summary>Refused by this server's own rules.</summary>
    Rejected = 9,

    /// <summary>Refused by the destination.</summary>
    Bounced = 10,
    Opened = 11,
    Clicked = 12,
    Complained = 13,
}

/// <summary>The one table from events to statuses; docs/events.md shows it.</summary>
public static class EmailStatuses
{
    /// <summary>The statuses an event means for clients, in the order they are told; empty for events that concern operators only.</summary>
    public static IReadOnlyList<EmailStatus> Of(DeliveryEvent deliveryEvent) => deliveryEvent.Kind switch
    {
        DeliveryEventKind.Accepted => deliveryEvent.NextAttempt is null ? [EmailStatus.Queued] : [EmailStatus.Scheduled],
        DeliveryEventKind.Rescheduled => [EmailStatus.Scheduled],
        DeliveryEventKind.Delivered => [EmailStatus.Sent, EmailStatus.Delivered],
        DeliveryEventKind.Captured => [EmailStatus.Sent],
        DeliveryEventKind.Deferred => [EmailStatus.DeliveryDelayed],
        DeliveryEventKind.Bounced => deliveryEvent.Fault == FaultSide.Relay ? [EmailStatus.Rejected] : [EmailStatus.Bounced],
        DeliveryEventKind.Expired => [EmailStatus.Failed],
        DeliveryEventKind.Cancelled => [EmailStatus.Cancelled],
        DeliveryEventKind.Suppressed => [EmailStatus.Suppressed],
        DeliveryEventKind.Opened => [EmailStatus.Opened],
        DeliveryEventKind.Clicked => [EmailStatus.Clicked],
        DeliveryEventKind.Complained => [EmailStatus.Complained],
        DeliveryEventKind.RenderingFailed => [EmailStatus.RenderingFailure],
        _ => [],
    };

    /// <summary>As the reference spells it, for example <c>DELIVERY_DELAYED</c>.</summary>
    public static string Name(this EmailStatus status) => Names[(int)status];

    public static EmailStatus? Parse(string name) => Array.IndexOf(Names, name) is >= 0 and var at ? (EmailStatus)at : null;

    private static readonly string[] Names =
    [
        "SCHEDULED", "QUEUED", "DELIVERY_DELAYED", "SENT", "DELIVERED", "SUPPRESSED", "CANCELLED", "RENDERING_FAILURE",
        "FAILED", "REJECTED", "BOUNCED", "OPENED", "CLICKED", "COMPLAINED",
    ];
}
