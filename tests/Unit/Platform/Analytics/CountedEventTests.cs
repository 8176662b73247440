using Relay.Platform.Analytics;
using Relay.Queue;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class CountedEventTests
{
    [Theory]
    [InlineData("bad-mailbox", Counter.BouncedHard)]
    [InlineData("bad-domain", Counter.BouncedHard)]
    [InlineData("spam", Counter.BouncedBlocked)]
    [InlineData("authentication", Counter.BouncedBlocked)]
    [InlineData("quota", Counter.BouncedSoft)]
    [InlineData("other", Counter.BouncedSoft)]
    public void A_bounce_is_hard_blocked_or_soft(string bounce, Counter expected) =>
        Assert.Equal([Counter.Sent, expected], Counted.Event(1, DeliveryEventKind.Bounced, bounce: bounce).Counters);

    [Fact]
    public void What_this_server_refuses_was_not_sent()
    {
        var refused = new DeliveryEvent { Kind = DeliveryEventKind.Bounced, At = Counted.Noon, MessageId = Counted.Message, Fault = FaultSide.Relay };
        Assert.Equal([Counter.Rejected], CountedEvent.Of(refused, null)!.Counters);
    }

    [Theory]
    [InlineData(DeliveryEventKind.Accepted)]
    [InlineData(DeliveryEventKind.Held)]
    [InlineData(DeliveryEventKind.Rescheduled)]
    public void Events_that_change_nothing_for_a_recipient_are_not_counted(DeliveryEventKind kind) =>
        Assert.Null(CountedEvent.Of(new DeliveryEvent { Kind = kind, At = Counted.Noon, MessageId = Counted.Message }, null));

    [Fact]
    public void Our_own_reports_are_not_counted() =>
        Assert.Null(CountedEvent.Of(
            new DeliveryEvent { Kind = DeliveryEventKind.Delivered, At = Counted.Noon, MessageId = Counted.Message }, Counted.Facts(door: Door.Internal)));

    [Fact]
    public void A_message_no_longer_known_counts_for_its_account()
    {
        var open = CountedEvent.Of(
            new DeliveryEvent { Kind = DeliveryEventKind.Opened, At = Counted.Noon, AccountId = 9, MessageId = Counted.Message, Recipient = "a@example.net", IsMachine = false }, null);
        Assert.Equal((9L, ""), (open!.AccountId, open.Domain));
        Assert.Equal(Counter.OpenedUnique, open.Once);
    }

    [Fact]
    public void Programs_count_as_opens_but_not_as_people()
    {
        var open = Counted.Event(1, DeliveryEventKind.Opened, isMachine: true);
        Assert.Equal([Counter.Opened], open.Counters);
        Assert.Null(open.Once);
    }

    [Fact]
    public void Long_after_the_message_nothing_counts_as_the_first_time() =>
        Assert.Null(Counted.Event(1, DeliveryEventKind.Opened, at: Counted.Noon + CountedEvent.UniqueFor, isMachine: false).Once);
}
