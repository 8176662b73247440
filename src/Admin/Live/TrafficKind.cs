namespace Relay.Admin;

/// <summary>What the live chart counts.</summary>
internal enum TrafficKind
{
    /// <summary>Messages made durable.</summary>
    Accepted,

    /// <summary>Messages refused by the intake.</summary>
    Refused,

    /// <summary>Recipients, as all that follow but the last two.</summary>
    Delivered,
    Deferred,
    Bounced,
    Expired,
    Captured,
    Held,

    /// <summary>DNS queries that got an answer, and those that did not.</summary>
    DnsAnswered,
    DnsLost,
}
