namespace Relay.Queue;

/// <summary>Where a message came in. The values are stored.</summary>
public enum Door
{
    Smtp = 0,
    Http = 1,

    /// <summary>Our own reports, and what strangers write to us: none of it is a sender's mail.</summary>
    Internal = 2,
}

/// <summary>Class of mail; each has its own fair share. The values are stored.</summary>
public enum MailStream
{
    Transactional = 0,
    Broadcast = 1,
}

/// <summary>Order within a queue key. The values are stored; lower goes first.</summary>
public enum MessagePriority
{
    High = 0,
    Normal = 1,
    Low = 2,
}
