namespace Relay.Queue;

/// <summary>What happened. The values are stored; the names appear in APIs and docs/events.md.</summary>
public enum DeliveryEventKind
{
    /// <summary>The message became durable; the only event of the whole message.</summary>
    Accepted = 0,
    Delivered = 1,
    Deferred = 2,
    Bounced = 3,
    Expired = 4,
    Cancelled = 5,
    Suppressed = 6,
    Captured = 7,
    Held = 8,
    Released = 9,

    /// <summary>An operator asked for an attempt now.</summary>
    RetryRequested = 10,

    /// <summary>The recipient's program fetched the tracking pixel; <see cref="DeliveryEvent.IsMachine"/> tells guesses at who it was.</summary>
    Opened = 11,

    /// <summary>A tracked link was followed.</summary>
    Clicked = 12,

    /// <summary>The recipient called it spam.</summary>
    Complained = 13,

    /// <summary>The recipient wants no more of it.</summary>
    Unsubscribed = 14,

    /// <summary>A scheduled message got another time; an event of the whole message.</summary>
    Rescheduled = 15,

    /// <summary>A template could not be rendered, so that nothing was sent; an event of the whole message.</summary>
    RenderingFailed = 16,

    /// <summary>A report about the message came in that changes no state: a delay, a success, or one that names none of its recipients.</summary>
    Reported = 20,
}

