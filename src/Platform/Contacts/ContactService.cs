namespace Relay.Platform.Contacts;

/// <summary>Makes, changes and removes contacts as their account asks.</summary>
internal sealed class ContactService(IContactStore store, ContactNotices notices, MailStops stops, InvitationSignal invitations, TimeProvider time)
{
    private static readonly TimeSpan AskedAgain = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan AskedAgainAfterLeaving = TimeSpan.FromHours(24);

    /// <summary>Makes contacts, or changes those whose address the book has already.</summary>
    /// <returns>Null when the book is gone.</returns>
    public async ValueTask<IReadOnlyList<Contact>?> SaveAsync(ContactBook book, IReadOnlyList<ContactDraft> drafts, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var writes = await store.WriteAsync(book.AccountId, book.Id, drafts, (current, draft) => ContactMerge.Apply(book, current, draft, now), cancellationToken);
        if (writes is null)
        {
            return null;
        }

        await TellAsync(book, writes);
        return [.. writes.Select(write => write.After ?? write.Before).OfType<Contact>()];
    }

    /// <summary>Changes one contact; null when there is none.</summary>
    public async ValueTask<ApiResult<Contact>?> ChangeAsync(ContactBook book, Guid uid, ContactDraft draft, CancellationToken cancellationToken)
    {
        if (await SaveAsync(book, [draft with { Uid = uid }], cancellationToken) is not [var contact])
        {
            return null;
        }

        return draft.Subscribed == true && contact.IsLeftByPerson
            ? ApiFault.Conflict("subscribed: the person unsubscribed, and only they can take that back; POST …/confirmation sends them a link")
            : contact;
    }

    /// <summary>Makes or changes the contact of an address.</summary>
    public async ValueTask<ApiResult<Contact>> PutAsync(ContactBook book, Guid? uid, ContactDraft draft, CancellationToken cancellationToken)
    {
        var known = uid is { } some ? await store.FindAsync(book.AccountId, book.Id, some, cancellationToken) : null;
        if (known is not null && ContactAddress.KeyOf(known.Address) != ContactAddress.KeyOf(draft.Address!))
        {
            return ApiFault.Conflict("email: the contact with this id has another address; consent does not move, so add the new address as a contact of its own");
        }

        return await SaveAsync(book, [draft], cancellationToken) is [var contact] ? contact : ContactFaults.NoBook();
    }

    /// <summary>Asks the contact (again) whether it wants the book's mail; also one that had left, but not often.</summary>
    public async ValueTask<ApiResult<Contact>> AskAsync(ContactBook book, Contact contact, CancellationToken cancellationToken)
    {
        if (contact.IsSubscribed)
        {
            return ApiFault.Conflict("the contact is subscribed already");
        }

        var now = time.GetUtcNow();
        var pause = contact.IsLeftByPerson ? AskedAgainAfterLeaving : AskedAgain;
        if (contact.Invitation.SentAt + pause - now is { } wait && wait > TimeSpan.Zero)
        {
            return ApiFault.RateLimited("the contact was asked a short while ago", wait);
        }

        var writes = await store.WriteAsync(
            book.AccountId, book.Id, [new ContactDraft { Uid = contact.Uid }], (current, _) => current!.IsSubscribed ? null : ContactMerge.Ask(current, now), cancellationToken);
        invitations.Wake();
        return writes is [{ After: { } asked }] ? asked : ContactFaults.NoContact();
    }

    public async ValueTask<int> RemoveAsync(ContactBook book, IReadOnlyList<Guid> uids, CancellationToken cancellationToken)
    {
        var removed = await store.RemoveAsync(book.AccountId, book.Id, uids, cancellationToken);
        foreach (var contact in removed)
        {
            await notices.RemovedAsync(book, contact);
        }

        return removed.Count;
    }

    /// <summary>Adds and takes tags; returns how many contacts there were.</summary>
    public async ValueTask<int> TagAsync(ContactBook book, ContactChoice choice, CancellationToken cancellationToken)
    {
        var uids = await UidsAsync(book, choice, cancellationToken);
        var drafts = uids.Select(uid => new ContactDraft { Uid = uid, Tags = choice.Add, RemovedTags = choice.Remove, IsMerged = true }).ToList();
        return (await SaveAsync(book, drafts, cancellationToken))?.Count ?? 0;
    }

    /// <summary>The ids of all that are chosen and there.</summary>
    public async ValueTask<IReadOnlyList<Guid>> UidsAsync(ContactBook book, ContactChoice choice, CancellationToken cancellationToken)
    {
        var uids = (choice.Ids ?? []).Select(id => Guid.TryParseExact(id, "D", out var uid) ? uid : Guid.Empty).Where(uid => uid != Guid.Empty).ToList();
        if (choice.Addresses is { Count: > 0 } addresses)
        {
            var filter = new ContactFilter { AddressKeys = [.. addresses.Select(ContactAddress.KeyOf)] };
            uids.AddRange((await store.ListAsync(book.AccountId, book.Id, filter, ContactOrder.Oldest, 0, ContactRules.MaxBulk, cancellationToken)).Select(contact => contact.Uid));
        }

        return [.. uids.Distinct()];
    }

    private async ValueTask TellAsync(ContactBook book, IReadOnlyList<ContactWrite> writes)
    {
        if (writes.Any(write => write.After?.Invitation.DueAt is not null))
        {
            invitations.Wake();
        }

        foreach (var write in writes)
        {
            await stops.FollowAsync(book, write, time.GetUtcNow());
            await notices.WrittenAsync(book, write);
        }
    }
}

internal static class ContactFaults
{
    public static ApiFault NoBook() => ApiFault.NotFound("there is no such contact book");

    public static ApiFault NoContact() => ApiFault.NotFound("there is no such contact");
}
