using Microsoft.Extensions.Logging.Abstractions;
using Relay.Mail;
using Relay.Platform;
using Relay.Platform.Contacts;
using Relay.Tests.Support;
using Xunit;

namespace Relay.Tests.Unit;

/// <summary>When pending contacts are asked, and asked again.</summary>
public sealed class InvitationSenderTests : IInvitationMail
{
    private readonly ManualTimeProvider _time = new();
    private readonly MemoryContactStore _store = new();
    private readonly List<DateTimeOffset> _asked = [];
    private readonly InvitationSender _sender;
    private Func<ApiFault?> _answer = () => null;

    public InvitationSenderTests() => _sender = new InvitationSender(_store, this, new InvitationSignal(), _time, NullLogger<InvitationSender>.Instance);

    [Fact]
    public async Task Who_is_asked_is_asked_once()
    {
        var (book, contact) = await PendingAsync();

        await RunForAsync(TimeSpan.FromDays(3));

        Assert.Equal([contact.CreatedAt], _asked);
        Assert.Equal(new Invitation(1, null, contact.CreatedAt, 0), await InvitationAsync(book, contact));
    }

    [Fact]
    public async Task What_cannot_be_sent_is_tried_again_later_and_later_and_then_given_up()
    {
        _answer = () => ApiFault.Unprocessable("no domain");
        var (book, contact) = await PendingAsync();

        await RunForAsync(TimeSpan.FromDays(5));

        TimeSpan[] waits = [.. _asked.Zip(_asked.Skip(1), (first, second) => second - first)];
        Assert.Equal(
            [TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(30), TimeSpan.FromHours(2), TimeSpan.FromHours(6), TimeSpan.FromHours(24)], waits);
        Assert.Equal(new Invitation(1, null, null, 6), await InvitationAsync(book, contact));
    }

    [Fact]
    public async Task A_success_after_failures_ends_them()
    {
        _answer = () => _asked.Count < 3 ? ApiFault.Unprocessable("no domain") : null;
        var (book, contact) = await PendingAsync();

        await RunForAsync(TimeSpan.FromDays(5));

        Assert.Equal(new Invitation(1, null, contact.CreatedAt.AddMinutes(6), 0), await InvitationAsync(book, contact));
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(90, 90)]
    public async Task A_limit_is_waited_for_and_is_no_failure(int seconds, int waited)
    {
        _answer = () => _asked.Count <= 20 ? ApiFault.RateLimited("no more", TimeSpan.FromSeconds(seconds)) : null;
        var (book, contact) = await PendingAsync();

        await RunForAsync(TimeSpan.FromHours(2));

        Assert.Equal(21, _asked.Count);
        Assert.Equal(TimeSpan.FromSeconds(Math.Max(60, waited)), _asked[1] - _asked[0]);
        Assert.Equal(0, (await InvitationAsync(book, contact)).Failures);
    }

    [Fact]
    public async Task Who_was_asked_for_anew_meanwhile_is_asked_again()
    {
        var (book, contact) = await PendingAsync();
        var anew = new Invitation(2, _time.GetUtcNow(), null, 0);
        _answer = () =>
        {
            if (_asked.Count == 1)
            {
                WriteAsync(book, contact, current => current with { Invitation = anew }).AsTask().GetAwaiter().GetResult();
            }

            return null;
        };

        await _sender.SendDueAsync(default);
        Assert.Equal(anew, await InvitationAsync(book, contact));
        await RunForAsync(TimeSpan.FromMinutes(1));

        Assert.Equal(2, _asked.Count);
        Assert.Null((await InvitationAsync(book, contact)).DueAt);
    }

    [Theory]
    [InlineData(true, false, 1, 0)]
    [InlineData(false, true, 1, 0)]
    [InlineData(false, true, 2, 1)]
    public async Task Who_has_confirmed_or_left_everything_is_not_asked_by_itself(bool isSubscribed, bool hasLeftAll, int number, int asked)
    {
        var (book, contact) = await PendingAsync();
        await WriteAsync(book, contact, current => current with
        {
            State = isSubscribed ? ContactState.Subscribed : ContactState.Pending,
            Invitation = current.Invitation with { Number = number },
        });
        DateTimeOffset? leftAllAt = hasLeftAll ? _time.GetUtcNow() : null;
        await _store.WritePersonAsync(1, contact.Address, (_, _) => leftAllAt, _ => null, _time.GetUtcNow(), default);

        await RunForAsync(TimeSpan.FromHours(1));

        Assert.Equal(asked, _asked.Count);
        Assert.Null((await InvitationAsync(book, contact)).DueAt);
    }

    ValueTask<ApiFault?> IInvitationMail.SendAsync(ContactBook book, Contact contact, CancellationToken cancellationToken)
    {
        _asked.Add(_time.GetUtcNow());
        return ValueTask.FromResult(_answer());
    }

    private async Task RunForAsync(TimeSpan span)
    {
        for (var end = _time.GetUtcNow() + span; _time.GetUtcNow() < end; _time.Advance(TimeSpan.FromSeconds(30)))
        {
            while (await _sender.SendDueAsync(default))
            {
            }
        }
    }

    private async Task<(ContactBook Book, Contact Contact)> PendingAsync()
    {
        var now = _time.GetUtcNow();
        var book = (await _store.AddBookAsync(new ContactBook { Uid = Guid.NewGuid(), AccountId = 1, Name = "news", CreatedAt = now, UpdatedAt = now }, 10, default))!;
        var written = await _store.WriteAsync(1, book.Id, [new ContactDraft { Address = Mailbox.Parse("jane@example.com") }], (_, _) => new Contact
        {
            Uid = Guid.NewGuid(),
            AccountId = 1,
            BookId = book.Id,
            Address = Mailbox.Parse("jane@example.com"),
            State = ContactState.Pending,
            Invitation = new Invitation(1, now, null, 0),
            CreatedAt = now,
            UpdatedAt = now,
        }, default);
        return (book, written![0].After!);
    }

    private async Task<Invitation> InvitationAsync(ContactBook book, Contact contact) => (await _store.FindAsync(1, book.Id, contact.Uid, default))!.Invitation;

    private async ValueTask WriteAsync(ContactBook book, Contact contact, Func<Contact, Contact> change) =>
        await _store.WriteAsync(1, book.Id, [new ContactDraft { Uid = contact.Uid }], (current, _) => change(current!), default);
}
