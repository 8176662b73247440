using Relay.Senders;

namespace Relay.Platform.Contacts;

/// <summary>What a person says to the question of a confirmation mail.</summary>
internal sealed class Consent(IContactStore store, ContactNotices notices, MailStops stops, TimeProvider time)
{
    /// <summary>What the link can do now, without doing it.</summary>
    public async ValueTask<(ConsentState State, ContactBook? Book, Contact? Contact)> LookAsync(LinkToken token, CancellationToken cancellationToken)
    {
        var book = await store.FindBookAsync(token.ListId, cancellationToken);
        var contact = book?.AccountId == token.AccountId ? await FindAsync(token, cancellationToken) : null;
        return contact is null ? (ConsentState.Void, null, null) : (StateOf(contact, token), book, contact);
    }

    /// <summary>The person says yes. Said twice it is said once; a link that has become void meanwhile does nothing.</summary>
    public async ValueTask<(ConsentState State, ContactBook? Book, Contact? Contact)> GiveAsync(LinkToken token, CancellationToken cancellationToken)
    {
        if (await LookAsync(token, cancellationToken) is not ({ } state, { } book, { } contact) || state != ConsentState.Open)
        {
            return await LookAsync(token, cancellationToken);
        }

        var now = time.GetUtcNow();

        // Who had left everything comes back here, and only here: the other books they left stay left.
        var writes = await store.WritePersonAsync(
            token.AccountId,
            contact.Address,
            (left, places) => places.Any(IsAsked) ? null : left,
            current => IsAsked(current) ? ContactMerge.Join(current, now) : null,
            now,
            cancellationToken);
        foreach (var write in writes.Where(write => write.After is not null))
        {
            await stops.ResumeAsync(token.AccountId, contact.Address, book, cancellationToken);
            await notices.WrittenAsync(book, write);
        }

        return await LookAsync(token, cancellationToken);

        bool IsAsked(Contact current) => current.Id == token.MemberId && StateOf(current, token) == ConsentState.Open;
    }

    private async ValueTask<Contact?> FindAsync(LinkToken token, CancellationToken cancellationToken)
    {
        var page = await store.ReadPageAsync(token.AccountId, token.ListId, ContactFilter.Any, token.MemberId - 1, 1, cancellationToken);
        return page is [var contact] && contact.Id == token.MemberId ? contact : null;
    }

    // A later question, and leaving, raise the number; a yes does not, so that the same link shows what it did.
    private static ConsentState StateOf(Contact contact, LinkToken token) =>
        contact.Invitation.Number != token.Number ? ConsentState.Void
        : contact.IsSubscribed ? ConsentState.Given
        : ConsentState.Open;
}

internal enum ConsentState
{
    /// <summary>It does nothing (any more).</summary>
    Void,

    /// <summary>It waits for a yes.</summary>
    Open,

    /// <summary>Yes was said.</summary>
    Given,
}
