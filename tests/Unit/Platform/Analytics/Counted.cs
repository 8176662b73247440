using Relay.Platform.Analytics;
using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>Counted events for tests.</summary>
internal static class Counted
{
    public static readonly DateTimeOffset Noon = new(2030, 5, 15, 12, 0, 0, TimeSpan.Zero);

    public static readonly QueueId Message = QueueId.New(Noon.AddHours(-1));

    public static CountedEvent Event(long sequence, DeliveryEventKind kind, DateTimeOffset? at = null, long account = 1, string domain = "example.com",
        MailStream stream = MailStream.Transactional, IReadOnlyList<string>? tags = null, bool? isMachine = null, string recipient = "person@example.net", string? bounce = null, QueueId? message = null) =>
        CountedEvent.Of(
            new DeliveryEvent
            {
                Sequence = sequence,
                Kind = kind,
                At = at ?? Noon,
                AccountId = account,
                MessageId = message ?? Message,
                Recipient = recipient,
                IsMachine = isMachine,
                Class = bounce,
                Fault = bounce is null ? FaultSide.None : FaultSide.Recipient,
            },
            Facts(domain, stream, tags))!;

    public static QueuedMessage Facts(string domain = "example.com", MailStream stream = MailStream.Transactional, IReadOnlyList<string>? tags = null, Door door = Door.Smtp) => new()
    {
        Id = Message,
        Door = door,
        AcceptedAt = Noon,
        ExpiresAt = Noon,
        ReversePath = Mail.ReversePath.Null,
        FromDomain = domain,
        Stream = stream,
        Tags = tags ?? [],
        SizeBytes = 1,
    };

    public static CountQuery Query(CountSpan span = CountSpan.Day, long account = 1) => new()
    {
        AccountId = account,
        Span = span,
        From = Noon.AddDays(-10),
        To = Noon.AddDays(10),
    };
}
