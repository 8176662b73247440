using Relay.Mail;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Contacts;

/// <summary>What people themselves say of the mail they get: leave a book, leave everything, come back, choose.</summary>
/// <remarks>
/// 1. The contact changes. 2. An entry on the suppression list stops what is already queued, and holds when the contact is removed later.
/// 3. Events and webhooks tell of it, once however often it is said. The person is known by the token of a mail they got.
/// </remarks>
internal sealed class Subscriptions(IContactStore store, MailStops stops, IEventOutbox outbox, ContactNotices notices, TimeProvider time) : ILinkActions
{
    private const int MessageIdLength = 16;

    /// <summary>The person's place in the book of the link, and in others that may be shown to them. Null when the link is about no book.</summary>
    public async ValueTask<PersonView> LookAsync(LinkToken token, CancellationToken cancellationToken)
    {
        var address = AddressOf(token);
        var book = await BookAsync(token, cancellationToken);
        var places = new List<(ContactBook Book, Contact Contact)>();
        foreach (var contact in await store.ListOfPersonAsync(token.AccountId, address, cancellationToken))
        {
            if (await store.FindBookAsync(contact.BookId, cancellationToken) is { } its && (its.PublicName is not null || its.Id == book?.Id))
            {
                places.Add((its, contact));
            }
        }

        var hasLeftStream = token.ListId == 0
            && (places.Exists(place => place.Contact.LeftAllAt is not null) || await stops.IsStoppedAsync(token.AccountId, address, StreamOf(token), cancellationToken));
        return new PersonView(address, token.ListId != 0, book, places) { Stream = StreamOf(token), HasLeftStream = hasLeftStream };
    }

    public ValueTask LeaveAsync(LinkToken token, CancellationToken cancellationToken) => LeaveAsync(token, null, cancellationToken);

    /// <summary>Leaves the book of the link; without a book, all mail of its stream.</summary>
    public async ValueTask LeaveAsync(LinkToken token, string? text, CancellationToken cancellationToken)
    {
        if (token.ListId == 0)
        {
            await (StreamOf(token) == MailStream.Broadcast ? LeaveAllAsync(token, text, cancellationToken) : LeaveStreamAsync(token, text, cancellationToken));
            return;
        }

        if (await BookAsync(token, cancellationToken) is not { } book)
        {
            // Nobody sends to a book that is gone.
            return;
        }

        var now = time.GetUtcNow();
        var address = AddressOf(token);
        var writes = await store.WritePersonAsync(
            token.AccountId, address, (left, _) => left, current => current.BookId == book.Id ? Left(current, text, now) : null, now, cancellationToken);
        var isNew = await stops.StopAsync(token.AccountId, address, book, now, cancellationToken);
        await TellAsync(token, writes, isNew, text, now, cancellationToken);
    }

    /// <summary>Leaves every book, and wants no broadcast at all.</summary>
    public async ValueTask LeaveAllAsync(LinkToken token, string? text, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var address = AddressOf(token);
        var writes = await store.WritePersonAsync(token.AccountId, address, (left, _) => left ?? now, current => Left(current, text, now), now, cancellationToken);
        var isNew = await stops.StopAsync(token.AccountId, address, null, now, cancellationToken);
        await TellAsync(token, writes, isNew, text, now, cancellationToken);
    }

    /// <summary>Takes leaving back: the book or the stream of the link, as the person who got the mail says.</summary>
    public async ValueTask ReturnAsync(LinkToken token, CancellationToken cancellationToken)
    {
        if (token.ListId == 0)
        {
            // Books that were left with the stream stay left: each has a link of its own.
            var address = AddressOf(token);
            await store.WritePersonAsync(token.AccountId, address, (_, _) => null, _ => null, time.GetUtcNow(), cancellationToken);
            await stops.ResumeAsync(token.AccountId, address, StreamOf(token), cancellationToken);
        }
        else if (await BookAsync(token, cancellationToken) is { } book)
        {
            await ChooseAsync(token, [book.Uid], [], cancellationToken);
        }
    }

    /// <summary>Joins some books and leaves others, of those that may be shown to the person.</summary>
    public async ValueTask ChooseAsync(LinkToken token, IReadOnlyCollection<Guid> joined, IReadOnlyCollection<Guid> left, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var view = await LookAsync(token, cancellationToken);
        var wanted = view.Places.Where(place => joined.Contains(place.Book.Uid)).Select(place => place.Book.Id).ToHashSet();
        var unwanted = view.Places.Where(place => left.Contains(place.Book.Uid)).Select(place => place.Book.Id).ToHashSet();
        var writes = await store.WritePersonAsync(
            token.AccountId,
            view.Address,
            (all, _) => wanted.Count > 0 ? null : all,
            current => wanted.Contains(current.BookId) ? Joined(current, now) : unwanted.Contains(current.BookId) ? Left(current, null, now) : null,
            now,
            cancellationToken);
        foreach (var (book, _) in view.Places)
        {
            if (wanted.Contains(book.Id))
            {
                await stops.ResumeAsync(token.AccountId, view.Address, book, cancellationToken);
            }
            else if (unwanted.Contains(book.Id))
            {
                await stops.StopAsync(token.AccountId, view.Address, book, now, cancellationToken);
            }
        }

        await TellAsync(token, writes, isNew: false, null, now, cancellationToken);
    }

    // Contacts and their books are of broadcasts alone.
    private async ValueTask LeaveStreamAsync(LinkToken token, string? text, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var isNew = await stops.StopAsync(token.AccountId, AddressOf(token), StreamOf(token), now, cancellationToken);
        await TellAsync(token, [], isNew, text, now, cancellationToken);
    }

    private static Mailbox AddressOf(LinkToken token) => Mailbox.Parse(token.Recipient);

    private static MailStream StreamOf(LinkToken token) => (MailStream)token.Stream;

    // What the account had ended itself, the person makes their own by saying so.
    private static Contact? Left(Contact contact, string? text, DateTimeOffset now) =>
        contact is { State: ContactState.Unsubscribed, Reason: UnsubscribeReason.Person or UnsubscribeReason.Complaint }
            ? text is null || contact.ReasonText is not null ? null : contact with { ReasonText = text, UpdatedAt = now }
            : ContactMerge.Leave(contact, UnsubscribeReason.Person, text, now);

    private static Contact? Joined(Contact contact, DateTimeOffset now) => contact.IsSubscribed ? null : ContactMerge.Join(contact, now);

    private async ValueTask<ContactBook?> BookAsync(LinkToken token, CancellationToken cancellationToken) =>
        token.ListId != 0 && await store.FindBookAsync(token.ListId, cancellationToken) is { } book && book.AccountId == token.AccountId ? book : null;

    private async ValueTask TellAsync(
        LinkToken token, IReadOnlyList<ContactWrite> writes, bool isNew, string? text, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var write in writes.Where(write => write.After is not null))
        {
            if (await store.FindBookAsync(write.After!.BookId, cancellationToken) is { } book)
            {
                await notices.WrittenAsync(book, write);
            }
        }

        var hasLeft = writes.Any(write => write is { Before.State: not ContactState.Unsubscribed, After.State: ContactState.Unsubscribed });
        if ((hasLeft || (writes.Count == 0 && isNew)) && token.MessageId.Length == MessageIdLength)
        {
            await outbox.AppendAsync(
            [
                new DeliveryEvent
                {
                    Kind = DeliveryEventKind.Unsubscribed,
                    At = now,
                    AccountId = token.AccountId,
                    MessageId = QueueId.FromBytes(token.MessageId.Span),
                    Recipient = token.Recipient,
                    Text = text,
                },
            ]);
        }
    }
}

/// <param name="IsOfBook">The link is about a book, be it gone.</param>
/// <param name="Book">Of the link; null when it is about none, or the book is gone.</param>
/// <param name="Places">Where the person is, of the books they may know of.</param>
internal sealed record PersonView(Mailbox Address, bool IsOfBook, ContactBook? Book, IReadOnlyList<(ContactBook Book, Contact Contact)> Places)
{
    /// <summary>Of a link that is about no book.</summary>
    public MailStream Stream { get; init; }

    public bool HasLeftStream { get; init; }

    /// <summary>The place in the book of the link; null when there is none.</summary>
    public Contact? Here => Places.FirstOrDefault(place => place.Book.Id == Book?.Id).Contact;
}
