namespace Relay.Queue;

/// <summary>Whose fault a failure is, as far as the reply tells. The values are stored.</summary>
public enum FaultSide
{
    None = 0,

    /// <summary>The address: unknown, moved, full, switched off, or its owner wants no more.</summary>
    Recipient = 1,

    /// <summary>The other system, or the way to it.</summary>
    Destination = 2,

    /// <summary>The sender's address.</summary>
    Sender = 3,

    /// <summary>This server: its store, keys or configuration.</summary>
    Relay = 4,
    Network = 5,

    /// <summary>What the message says or how it is made.</summary>
    Content = 6,

    /// <summary>What is thought of our addresses and domains: lists, scores, complaints.</summary>
    Reputation = 7,

    /// <summary>SPF, DKIM, DMARC, ARC or a login.</summary>
    Authentication = 8,

    /// <summary>A rule of the receiver that is about none of the above.</summary>
    Policy = 9,

    /// <summary>Our names, addresses or TLS as others see them: PTR, HELO, certificates.</summary>
    Infrastructure = 10,
}
