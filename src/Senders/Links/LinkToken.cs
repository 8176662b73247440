namespace Relay.Senders;

/// <summary>What a link in a mail stands for: who may do what by following it. Nobody else can make or alter one.</summary>
public sealed record LinkToken
{
    public required LinkPurpose Purpose { get; init; }

    public required long AccountId { get; init; }

    /// <summary>Row number of the list concerned; 0: no list, all mail of <see cref="Stream"/>.</summary>
    public long ListId { get; init; }

    /// <summary>Row number of the contact; 0 when only the address is known.</summary>
    public long MemberId { get; init; }

    /// <summary>Address in wire form; empty when <see cref="MemberId"/> tells who it is.</summary>
    public string Recipient { get; init; } = string.Empty;

    /// <summary>Number of the mail stream; for links without a list.</summary>
    public int Stream { get; init; }

    /// <summary>The message the link stands in, 16 octets; empty when it stands in none.</summary>
    public ReadOnlyMemory<byte> MessageId { get; init; }

    /// <summary>Makes links of earlier numbers void; 0 where there is no such thing.</summary>
    public long Number { get; init; }

    /// <summary>To the minute; null: for as long as the keys are kept.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>The values stand in links already sent.</summary>
public enum LinkPurpose
{
    /// <summary>Says yes to a subscription.</summary>
    Confirm = 1,

    /// <summary>Ends a subscription, and shows what else there is.</summary>
    Unsubscribe = 2,
}
