using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Platform.Contacts;
using Relay.Queue;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

public sealed class ContactFollowerTests
{
    private readonly ManualTimeProvider _time = new();
    private readonly MemoryContactStore _store = new();
    private readonly CollectingPublisher _publisher = new();
    private readonly ContactFollower _follower;

    public ContactFollowerTests() => _follower = new ContactFollower(_store, new ContactNotices(_publisher, _time, NullLogger<ContactNotices>.Instance), _time);

    [Theory]
    [InlineData(DeliveryEventKind.Complained, null, FaultSide.None, UnsubscribeReason.Complaint)]
    [InlineData(DeliveryEventKind.Bounced, true, FaultSide.Recipient, UnsubscribeReason.Bounce)]
    [InlineData(DeliveryEventKind.Bounced, true, FaultSide.Sender, null)]
    [InlineData(DeliveryEventKind.Bounced, false, FaultSide.Recipient, null)]
    [InlineData(DeliveryEventKind.Deferred, null, FaultSide.Recipient, null)]
    public async Task Complaints_and_addresses_that_do_not_exist_end_subscriptions(DeliveryEventKind kind, bool? isHard, FaultSide fault, UnsubscribeReason? reason)
    {
        var (first, second) = (await BookAsync(), await BookAsync());
        await AddAsync(first);
        await AddAsync(second);
        var happened = Event(kind, isHard, fault);

        await _follower.ObserveAsync([happened], default);
        await _follower.ObserveAsync([happened], default);

        var places = await _store.ListOfPersonAsync(1, Mailbox.Parse("jane@example.com"), default);
        Assert.All(places, place => Assert.Equal((reason, reason is null), (place.Reason, place.IsSubscribed)));
        Assert.Equal(reason is null ? 0 : 2, _publisher.Notices.Count(notice => notice.Type == ContactNotices.Unsubscribed));
        Assert.Equal(5, await _follower.CursorAsync(default));
    }

    [Fact]
    public async Task What_the_person_said_stays()
    {
        var book = await BookAsync();
        await AddAsync(book, contact => ContactMerge.Leave(contact, UnsubscribeReason.Person, "enough", _time.GetUtcNow()));
        await _follower.ObserveAsync([Event(DeliveryEventKind.Complained, null, FaultSide.None)], default);
        Assert.Equal((UnsubscribeReason.Person, "enough"), ((await _store.ListOfPersonAsync(1, Mailbox.Parse("jane@example.com"), default))[0].Reason, (await _store.ListOfPersonAsync(1, Mailbox.Parse("jane@example.com"), default))[0].ReasonText));
    }

    private DeliveryEvent Event(DeliveryEventKind kind, bool? isHard, FaultSide fault) => new()
    {
        Sequence = 5,
        Kind = kind,
        At = _time.GetUtcNow(),
        AccountId = 1,
        MessageId = QueueId.New(_time.GetUtcNow()),
        Recipient = "JANE@example.com",
        IsHard = isHard,
        Fault = fault,
        Text = "550 no such user",
    };

    private async Task<ContactBook> BookAsync() =>
        (await _store.AddBookAsync(new ContactBook { Uid = Guid.NewGuid(), AccountId = 1, Name = "n", CreatedAt = _time.GetUtcNow(), UpdatedAt = _time.GetUtcNow() }, 10, default))!;

    private async Task AddAsync(ContactBook book, Func<Contact, Contact>? change = null) => await _store.WriteAsync(
        1, book.Id, [new ContactDraft { Address = Mailbox.Parse("jane@example.com") }], (current, draft) => (change ?? (c => c))(ContactMerge.Apply(book, current, draft, _time.GetUtcNow())!), default);
}
