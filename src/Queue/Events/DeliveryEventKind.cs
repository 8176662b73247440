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
}

/// <summary>Whose fault a failure is, as far as the reply tells. The values are stored.</summary>
public enum FaultSide
{
    None = 0,
    Recipient = 1,
    Destination = 2,
    Sender = 3,
    Relay = 4,
    Network = 5,
}
