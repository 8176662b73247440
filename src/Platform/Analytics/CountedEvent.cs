using Relay.Queue;

namespace Relay.Platform.Analytics;

/// <summary>What an event adds to the counts.</summary>
public sealed record CountedEvent
{
    /// <summary>Open and clicks of a copy count as its first only so long after the message was accepted: what is needed to know is not kept longer.</summary>
    public static readonly TimeSpan UniqueFor = TimeSpan.FromDays(90);

    private const int MaxTags = 20;
    private const int MaxTagLength = 100;

    public required long Sequence { get; init; }

    public required long AccountId { get; init; }

    public required DateTimeOffset At { get; init; }

    public required IReadOnlyList<Counter> Counters { get; init; }

    /// <summary>Domain of From, A-label; empty when it is not known any more.</summary>
    public string Domain { get; init; } = string.Empty;

    public MailStream Stream { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Counted only the first time for this copy of the message.</summary>
    public Counter? Once { get; init; }

    public required QueueId MessageId { get; init; }

    public string? Recipient { get; init; }

    /// <summary>True for kinds that count anything, so that the message's facts are wanted.</summary>
    public static bool IsCounted(DeliveryEvent deliveryEvent) => CountersOf(deliveryEvent).Count > 0;

    /// <param name="facts">Null when the message is not known any more.</param>
    /// <returns>Null when nothing of it is counted: it is of another kind, or belongs to one of our own reports.</returns>
    public static CountedEvent? Of(DeliveryEvent deliveryEvent, QueuedMessage? facts)
    {
        var counters = CountersOf(deliveryEvent);
        if (counters.Count == 0 || facts?.Door == Door.Internal)
        {
            return null;
        }

        return new CountedEvent
        {
            Sequence = deliveryEvent.Sequence,
            AccountId = deliveryEvent.AccountId,
            At = deliveryEvent.At,
            Counters = counters,
            Domain = facts?.FromDomain ?? facts?.ReversePath.Mailbox?.Domain?.Ascii ?? string.Empty,
            Stream = facts?.Stream ?? MailStream.Transactional,
            Tags = facts is null ? [] : [.. facts.Tags.Where(tag => tag.Length is > 0 and <= MaxTagLength).Distinct(StringComparer.Ordinal).Take(MaxTags)],
            Once = OnceOf(deliveryEvent),
            MessageId = deliveryEvent.MessageId,
            Recipient = deliveryEvent.Recipient,
        };
    }

    private static IReadOnlyList<Counter> CountersOf(DeliveryEvent deliveryEvent) => deliveryEvent.Kind switch
    {
        DeliveryEventKind.Delivered => [Counter.Sent, Counter.Delivered],
        DeliveryEventKind.Captured => [Counter.Sent],
        DeliveryEventKind.Deferred => [Counter.Deferred],
        DeliveryEventKind.Bounced => deliveryEvent.Fault == FaultSide.Relay ? [Counter.Rejected] : [Counter.Sent, BounceOf(deliveryEvent.Class)],
        DeliveryEventKind.Expired => [Counter.Sent, Counter.Failed],
        DeliveryEventKind.RenderingFailed => [Counter.Failed],
        DeliveryEventKind.Suppressed => [Counter.Suppressed],
        DeliveryEventKind.Cancelled => [Counter.Cancelled],
        DeliveryEventKind.Complained => [Counter.Complained],
        DeliveryEventKind.Unsubscribed => [Counter.Unsubscribed],
        DeliveryEventKind.Opened => deliveryEvent.IsMachine == true ? [Counter.Opened] : [Counter.Opened, Counter.OpenedHuman],
        DeliveryEventKind.Clicked => deliveryEvent.IsMachine == true ? [Counter.Clicked] : [Counter.Clicked, Counter.ClickedHuman],
        _ => [],
    };

    private static Counter BounceOf(string? bounceClass) => bounceClass switch
    {
        "bad-mailbox" or "bad-domain" => Counter.BouncedHard,
        "policy" or "spam" or "reputation" or "sender-dns" or "content" or "authentication" or "bad-sender" => Counter.BouncedBlocked,
        _ => Counter.BouncedSoft,
    };

    private static Counter? OnceOf(DeliveryEvent deliveryEvent)
    {
        if (deliveryEvent.IsMachine == true || deliveryEvent.Recipient is null || deliveryEvent.At - QueueIdTime.Of(deliveryEvent.MessageId) > UniqueFor)
        {
            return null;
        }

        return deliveryEvent.Kind switch
        {
            DeliveryEventKind.Opened => Counter.OpenedUnique,
            DeliveryEventKind.Clicked => Counter.ClickedUnique,
            _ => null,
        };
    }
}
