using Relay.Mail;
using Relay.Platform.Contacts;

namespace Relay.Tests.Support;

/// <summary>Books and contacts in memory, under the same contract as SQLite's.</summary>
public sealed class MemoryContactStore : IContactStore
{
    private readonly Lock _gate = new();
    private readonly List<ContactBook> _books = [];
    private readonly List<Contact> _contacts = [];
    private readonly Dictionary<(long AccountId, string Key), DateTimeOffset> _left = [];
    private long _nextId = 1;
    private long _cursor;

    public ValueTask<ContactBook?> AddBookAsync(ContactBook book, int maxBooks, CancellationToken cancellationToken) => Locked(() =>
    {
        if (_books.Count(b => b.AccountId == book.AccountId) >= maxBooks)
        {
            return null;
        }

        _books.Add(book with { Id = _nextId++, ContactCount = 0 });
        return _books[^1];
    });

    public ValueTask<ContactBook?> FindBookAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        Locked(() => Counted(_books.Find(b => b.AccountId == accountId && b.Uid == uid)));

    public ValueTask<ContactBook?> FindBookAsync(long id, CancellationToken cancellationToken) => Locked(() => Counted(_books.Find(b => b.Id == id)));

    public ValueTask<IReadOnlyList<ContactBook>> ListBooksAsync(long accountId, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<ContactBook>>(() => [.. _books.Where(b => b.AccountId == accountId).OrderByDescending(b => b.Id).Select(b => Counted(b)!)]);

    public ValueTask<ContactBook?> ChangeBookAsync(long accountId, Guid uid, Func<ContactBook, ContactBook> change, CancellationToken cancellationToken) => Locked(() =>
    {
        var index = _books.FindIndex(b => b.AccountId == accountId && b.Uid == uid);
        return index < 0 ? null : _books[index] = change(Counted(_books[index])!);
    });

    public ValueTask<bool> RemoveBookAsync(long accountId, Guid uid, DateTimeOffset at, CancellationToken cancellationToken) =>
        Locked(() => _books.RemoveAll(b => b.AccountId == accountId && b.Uid == uid) > 0);

    public ValueTask SweepAsync(DateTimeOffset importsBefore, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            _contacts.RemoveAll(c => !_books.Exists(b => b.Id == c.BookId));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<Contact?> FindAsync(long accountId, long bookId, Guid uid, CancellationToken cancellationToken) => Locked(() => Find(accountId, bookId, uid));

    public ValueTask<Contact?> FindAsync(long accountId, long bookId, Mailbox address, CancellationToken cancellationToken) =>
        Locked(() => Find(accountId, bookId, address));

    public ValueTask<IReadOnlyList<Contact>> ListAsync(
        long accountId, long bookId, ContactFilter filter, ContactOrder order, int skip, int limit, CancellationToken cancellationToken) => Locked<IReadOnlyList<Contact>>(() =>
    {
        var all = Matching(accountId, bookId, filter);
        IEnumerable<Contact> ordered = order switch
        {
            ContactOrder.Oldest => all.OrderBy(c => c.Id),
            ContactOrder.Address => all.OrderBy(c => ContactAddress.KeyOf(c.Address), StringComparer.Ordinal),
            ContactOrder.AddressDown => all.OrderByDescending(c => ContactAddress.KeyOf(c.Address), StringComparer.Ordinal),
            _ => all.OrderByDescending(c => c.Id),
        };
        return [.. ordered.Skip(skip).Take(limit)];
    });

    public ValueTask<IReadOnlyList<Contact>> ReadPageAsync(
        long accountId, long bookId, ContactFilter filter, long afterId, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Contact>>(() => [.. Matching(accountId, bookId, filter).Where(c => c.Id > afterId).OrderBy(c => c.Id).Take(limit)]);

    public ValueTask<long> CountAsync(long accountId, long bookId, ContactFilter filter, CancellationToken cancellationToken) =>
        Locked(() => (long)Matching(accountId, bookId, filter).Count());

    public ValueTask<IReadOnlyList<Contact>> ListOfPersonAsync(long accountId, Mailbox address, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Contact>>(() => [.. OfPerson(accountId, address).Select(WithPerson)]);

    public ValueTask<IReadOnlyList<KeyValuePair<string, long>>> TagsAsync(long accountId, long bookId, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<KeyValuePair<string, long>>>(() =>
            [.. Matching(accountId, bookId, ContactFilter.Any).SelectMany(c => c.Tags).GroupBy(t => t).OrderBy(g => g.Key, StringComparer.Ordinal).Take(limit).Select(g => KeyValuePair.Create(g.Key, (long)g.Count()))]);

    public ValueTask<IReadOnlyList<string>> PropertyNamesAsync(long accountId, long bookId, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<string>>(() =>
            [.. Matching(accountId, bookId, ContactFilter.Any).SelectMany(c => c.Properties.Keys).Distinct().Order(StringComparer.Ordinal).Take(limit)]);

    public ValueTask<IReadOnlyList<ContactWrite>?> WriteAsync(
        long accountId, long bookId, IReadOnlyList<ContactDraft> drafts, ContactChange change, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<ContactWrite>?>(() => _books.Exists(b => b.Id == bookId && b.AccountId == accountId)
            ? [.. drafts.Select(draft => Write(accountId, bookId, draft, change)).ToList()]
            : null);

    public ValueTask<IReadOnlyList<ContactWrite>> WritePersonAsync(
        long accountId, Mailbox address, Func<DateTimeOffset?, IReadOnlyList<Contact>, DateTimeOffset?> leftAllAt, Func<Contact, Contact?> change, DateTimeOffset now, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<ContactWrite>>(() =>
        {
            var places = OfPerson(accountId, address).ToList();
            if (places.Count == 0)
            {
                return [];
            }

            var key = (accountId, ContactAddress.KeyOf(address));
            places = [.. places.Select(WithPerson)];
            if (leftAllAt(_left.TryGetValue(key, out var left) ? left : null, places) is { } at)
            {
                _left[key] = at;
            }
            else
            {
                _left.Remove(key);
            }

            return [.. places.Select(place => Replace(place, change(place) is { } changed ? WithPerson(changed) : null))];
        });

    public ValueTask<IReadOnlyList<Contact>> RemoveAsync(long accountId, long bookId, IReadOnlyList<Guid> uids, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Contact>>(() =>
        {
            var removed = uids.Select(uid => Find(accountId, bookId, uid)).OfType<Contact>().ToList();
            _contacts.RemoveAll(c => removed.Exists(r => r.Id == c.Id));
            return removed;
        });

    public ValueTask<IReadOnlyList<Contact>> DueInvitationsAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        Locked<IReadOnlyList<Contact>>(() => [.. _contacts.Where(c => c.Invitation.DueAt <= now).OrderBy(c => c.Invitation.DueAt).Take(limit).Select(WithPerson)]);

    public ValueTask<DateTimeOffset?> NextInvitationAsync(CancellationToken cancellationToken) => Locked(() => _contacts.Min(c => c.Invitation.DueAt));

    public ValueTask<long> EventCursorAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Volatile.Read(ref _cursor));

    public ValueTask SaveEventCursorAsync(long sequence, CancellationToken cancellationToken)
    {
        Volatile.Write(ref _cursor, sequence);
        return ValueTask.CompletedTask;
    }

    private ValueTask<T> Locked<T>(Func<T> read)
    {
        lock (_gate)
        {
            return ValueTask.FromResult(read());
        }
    }

    private ContactBook? Counted(ContactBook? book) => book is null ? null : book with { ContactCount = _contacts.Count(c => c.BookId == book.Id) };

    private Contact WithPerson(Contact contact) =>
        contact with { LeftAllAt = _left.TryGetValue((contact.AccountId, ContactAddress.KeyOf(contact.Address)), out var left) ? left : null };

    private Contact? Find(long accountId, long bookId, Guid uid) =>
        _contacts.Find(c => c.AccountId == accountId && c.BookId == bookId && c.Uid == uid) is { } found ? WithPerson(found) : null;

    private Contact? Find(long accountId, long bookId, Mailbox address) =>
        _contacts.Find(c => c.AccountId == accountId && c.BookId == bookId && ContactAddress.KeyOf(c.Address) == ContactAddress.KeyOf(address)) is { } found ? WithPerson(found) : null;

    private IEnumerable<Contact> OfPerson(long accountId, Mailbox address) =>
        _contacts.Where(c => c.AccountId == accountId && ContactAddress.KeyOf(c.Address) == ContactAddress.KeyOf(address) && _books.Exists(b => b.Id == c.BookId)).OrderBy(c => c.Id);

    private IEnumerable<Contact> Matching(long accountId, long bookId, ContactFilter filter) => _contacts
        .Where(c => c.AccountId == accountId && c.BookId == bookId)
        .Select(WithPerson)
        .Where(c => filter.State is null || c.State == filter.State)
        .Where(c => filter.IsSubscribed is null || c.IsSubscribed == filter.IsSubscribed)
        .Where(c => filter.Tags.All(c.Tags.Contains))
        .Where(c => filter.Properties.All(p => c.Properties.TryGetValue(p.Key, out var value) && value == p.Value))
        .Where(c => string.IsNullOrEmpty(filter.Search) || new[] { ContactAddress.KeyOf(c.Address), c.FirstName, c.LastName }.Any(t => t?.Contains(filter.Search, StringComparison.OrdinalIgnoreCase) == true))
        .Where(c => filter.AddressKeys is null || filter.AddressKeys.Contains(ContactAddress.KeyOf(c.Address)))
        .Where(c => filter.Uids is null || filter.Uids.Contains(c.Uid));

    private ContactWrite Write(long accountId, long bookId, ContactDraft draft, ContactChange change)
    {
        var current = draft.Uid is { } uid ? Find(accountId, bookId, uid) : null;
        current ??= draft.Address is { } address ? Find(accountId, bookId, address) : null;
        if ((current is null && draft.Address is null) || change(current, draft) is not { } changed)
        {
            return new ContactWrite(current, null);
        }

        if (current is not null)
        {
            return Replace(current, changed);
        }

        var known = _contacts.Find(c => c.AccountId == accountId && ContactAddress.KeyOf(c.Address) == ContactAddress.KeyOf(changed.Address));
        _contacts.Add(changed with { Id = _nextId++, AccountId = accountId, BookId = bookId, PersonId = known?.PersonId ?? _nextId++, Address = known?.Address ?? changed.Address });
        return new ContactWrite(null, WithPerson(_contacts[^1]));
    }

    private ContactWrite Replace(Contact current, Contact? changed)
    {
        if (changed is not null)
        {
            _contacts[_contacts.FindIndex(c => c.Id == current.Id)] = changed;
        }

        return new ContactWrite(current, changed);
    }
}
