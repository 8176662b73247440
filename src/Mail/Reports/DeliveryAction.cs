namespace Relay.Mail;

/// <summary>What became of a recipient (RFC 3464 §2.3.3).</summary>
public enum DeliveryAction
{
    /// <summary>Will not be delivered.</summary>
    Failed,

    /// <summary>Not delivered yet; tries go on.</summary>
    Delayed,

    /// <summary>Delivered to the mailbox.</summary>
    Delivered,

    /// <summary>Handed to a host that sends no reports.</summary>
    Relayed,

    /// <summary>Delivered to a list or alias that goes to more addresses.</summary>
    Expanded,
}
