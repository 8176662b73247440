using Relay.Mail;
using Relay.Platform.Contacts;

namespace Relay.Storage;

internal sealed class SqliteContactStore(RelayDatabase database, TimeProvider time) : IContactStore
{
    private const int PieceRows = 1_000;

    private const string CountBooks = "SELECT count(*) FROM contact_list WHERE account_id = ? AND removed_at IS NULL";

    private const string SelectBook = $"SELECT {ContactBookRow.Columns} FROM contact_list WHERE uid = ? AND account_id = ? AND removed_at IS NULL";

    private const string SelectBookRow = $"SELECT {ContactBookRow.Columns} FROM contact_list WHERE id = ? AND removed_at IS NULL";

    private const string SelectBooks = $"SELECT {ContactBookRow.Columns} FROM contact_list WHERE account_id = ? AND removed_at IS NULL ORDER BY id DESC";

    private const string RemoveBook = "UPDATE contact_list SET removed_at = ? WHERE uid = ? AND account_id = ? AND removed_at IS NULL";

    private const string SelectRemoved = "SELECT id FROM contact_list WHERE removed_at IS NOT NULL ORDER BY removed_at LIMIT 1";

    private const string SelectMembers = "SELECT id, person_id FROM membership INDEXED BY membership_page WHERE list_id = ? ORDER BY id LIMIT ?";

    private const string DeleteBook = "DELETE FROM contact_list WHERE id = ?";

    private const string DeleteImports = "DELETE FROM contact_import WHERE updated_at < ?";

    private const string SelectOfPerson = $"""
        SELECT {ContactRow.Columns} FROM person p CROSS JOIN membership m ON m.person_id = p.id CROSS JOIN contact_list l ON l.id = m.list_id
        WHERE p.account_id = ? AND p.address_key = ? AND l.removed_at IS NULL ORDER BY m.id
        """;

    private const string SelectTags = """
        SELECT tag, count(*) FROM membership_tag WHERE list_id = ? AND account_id = ? GROUP BY tag ORDER BY tag LIMIT ?
        """;

    private const string SelectPropertyNames = """
        SELECT DISTINCT j.key FROM membership m, json_each(m.properties) j WHERE m.list_id = ? AND m.account_id = ? AND m.properties IS NOT NULL LIMIT ?
        """;

    private const string SelectPerson = "SELECT id, unsubscribed_at FROM person WHERE account_id = ? AND address_key = ?";

    private const string UpdatePerson = "UPDATE person SET unsubscribed_at = ?, updated_at = ? WHERE id = ?";

    private const string SelectDue = $"""
        SELECT {ContactRow.Columns} FROM membership m INDEXED BY membership_invite CROSS JOIN person p ON p.id = m.person_id
        WHERE m.invite_at <= ? ORDER BY m.invite_at LIMIT ?
        """;

    private const string SelectCursor = "SELECT value FROM meta WHERE name = 'contact_event_cursor'";

    private const string UpsertCursor = """
        INSERT INTO meta (name, value) VALUES ('contact_event_cursor', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value
        """;

    private const string SelectNext = "SELECT min(invite_at) FROM membership WHERE invite_at IS NOT NULL";

    private const string Select = $"SELECT {ContactRow.Columns} FROM {ContactRow.Tables}";

    private readonly ContactWork _work = new(database.Ids);

    public async ValueTask<ContactBook?> AddBookAsync(ContactBook book, int maxBooks, CancellationToken cancellationToken) =>
        await WriteAsync(
            connection =>
            {
                using (var count = connection.Use(CountBooks).Bind(book.AccountId))
                {
                    if (count.Read() && count.Int64(0) >= maxBooks)
                    {
                        return null;
                    }
                }

                var added = book with { Id = database.Ids.Next(), ContactCount = 0 };
                ContactBookRow.Add(connection, added);
                return added;
            },
            cancellationToken);

    public ValueTask<ContactBook?> FindBookAsync(long accountId, Guid uid, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => FindBook(connection, accountId, uid), cancellationToken);

    public ValueTask<ContactBook?> FindBookAsync(long id, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => FindBook(connection, id), cancellationToken);

    public ValueTask<IReadOnlyList<ContactBook>> ListBooksAsync(long accountId, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<ContactBook>>(
            connection =>
            {
                var books = new List<ContactBook>();
                using var query = connection.Use(SelectBooks).Bind(accountId);
                while (query.Read())
                {
                    books.Add(ContactBookRow.Read(query));
                }

                return books;
            },
            cancellationToken);

    public async ValueTask<ContactBook?> ChangeBookAsync(
        long accountId, Guid uid, Func<ContactBook, ContactBook> change, CancellationToken cancellationToken) =>
        await WriteAsync(
            connection =>
            {
                if (FindBook(connection, accountId, uid) is not { } current)
                {
                    return null;
                }

                var changed = change(current);
                ContactBookRow.Write(connection, changed);
                return changed;
            },
            cancellationToken);

    public async ValueTask<bool> RemoveBookAsync(long accountId, Guid uid, DateTimeOffset at, CancellationToken cancellationToken) =>
        await WriteAsync(
            connection =>
            {
                connection.Use(RemoveBook).Bind(at).Bind(ContactRow.Bytes(uid)).Bind(accountId).Run();
                return connection.Changes > 0;
            },
            cancellationToken);

    public async ValueTask SweepAsync(DateTimeOffset importsBefore, CancellationToken cancellationToken)
    {
        await database.Writer.RunAsync(
            WriterLane.Bulk,
            0,
            connection =>
            {
                connection.Use(DeleteImports).Bind(importsBefore).Run();
                return true;
            },
            cancellationToken);
        while (await database.Readers.ReadAsync(ReadRemoved, cancellationToken) is { } book)
        {
            while (await RemovePieceAsync(book, cancellationToken))
            {
            }
        }
    }

    public ValueTask<Contact?> FindAsync(long accountId, long bookId, Guid uid, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => ContactWork.Find(connection, accountId, bookId, uid), cancellationToken);

    public ValueTask<Contact?> FindAsync(long accountId, long bookId, Mailbox address, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(connection => ContactWork.Find(connection, accountId, bookId, address), cancellationToken);

    public ValueTask<IReadOnlyList<Contact>> ListAsync(
        long accountId, long bookId, ContactFilter filter, ContactOrder order, int skip, int limit, CancellationToken cancellationToken) =>
        ReadAsync(
            connection => new ContactQuery(accountId, bookId, filter).Use(connection, Select, OrderBy(order) + " LIMIT ? OFFSET ?", limit, skip),
            cancellationToken);

    public ValueTask<IReadOnlyList<Contact>> ReadPageAsync(
        long accountId, long bookId, ContactFilter filter, long afterId, int limit, CancellationToken cancellationToken) =>
        ReadAsync(
            connection => new ContactQuery(accountId, bookId, filter).Use(connection, Select, " AND m.id > ? ORDER BY m.id LIMIT ?", afterId, limit),
            cancellationToken);

    public ValueTask<long> CountAsync(long accountId, long bookId, ContactFilter filter, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = new ContactQuery(accountId, bookId, filter).Use(connection, $"SELECT count(*) FROM {ContactRow.Tables}", string.Empty);
                return query.Read() ? query.Int64(0) : 0;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<Contact>> ListOfPersonAsync(long accountId, Mailbox address, CancellationToken cancellationToken) =>
        ReadAsync(connection => connection.Use(SelectOfPerson).Bind(accountId).Bind(ContactAddress.KeyOf(address)), cancellationToken);

    public ValueTask<IReadOnlyList<KeyValuePair<string, long>>> TagsAsync(long accountId, long bookId, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<KeyValuePair<string, long>>>(
            connection =>
            {
                var tags = new List<KeyValuePair<string, long>>();
                using var query = connection.Use(SelectTags).Bind(bookId).Bind(accountId).Bind(limit);
                while (query.Read())
                {
                    tags.Add(new(query.Text(0), query.Int64(1)));
                }

                return tags;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<string>> PropertyNamesAsync(long accountId, long bookId, int limit, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<string>>(
            connection =>
            {
                var names = new List<string>();
                using var query = connection.Use(SelectPropertyNames).Bind(bookId).Bind(accountId).Bind(limit);
                while (query.Read())
                {
                    names.Add(query.Text(0));
                }

                return [.. names.Order(StringComparer.Ordinal)];
            },
            cancellationToken);

    public async ValueTask<IReadOnlyList<ContactWrite>?> WriteAsync(
        long accountId, long bookId, IReadOnlyList<ContactDraft> drafts, ContactChange change, CancellationToken cancellationToken) =>
        await WriteAsync<IReadOnlyList<ContactWrite>?>(
            connection =>
            {
                if (FindBook(connection, bookId) is not { } book || book.AccountId != accountId)
                {
                    return null;
                }

                var writes = drafts.Select(draft => _work.Write(connection, accountId, bookId, draft, change)).ToList();
                ContactWork.Count(connection, bookId, writes.Count(write => write is { Before: null, After: not null }));
                return writes;
            },
            cancellationToken);

    public async ValueTask<IReadOnlyList<ContactWrite>> WritePersonAsync(
        long accountId, Mailbox address, Func<DateTimeOffset?, IReadOnlyList<Contact>, DateTimeOffset?> leftAllAt, Func<Contact, Contact?> change, DateTimeOffset now, CancellationToken cancellationToken) =>
        await WriteAsync<IReadOnlyList<ContactWrite>>(
            connection =>
            {
                if (FindPerson(connection, accountId, address) is not { } person)
                {
                    return [];
                }

                var places = PlacesOf(connection, accountId, address);
                var left = leftAllAt(person.LeftAllAt, places);
                if (left != person.LeftAllAt)
                {
                    connection.Use(UpdatePerson).Bind(left).Bind(now).Bind(person.Id).Run();
                }

                return [.. places.Select(place => Change(connection, place, change, left))];
            },
            cancellationToken);

    public async ValueTask<IReadOnlyList<Contact>> RemoveAsync(long accountId, long bookId, IReadOnlyList<Guid> uids, CancellationToken cancellationToken) =>
        await WriteAsync<IReadOnlyList<Contact>>(
            connection =>
            {
                var removed = new List<Contact>();
                foreach (var uid in uids)
                {
                    if (ContactWork.Find(connection, accountId, bookId, uid) is { } contact)
                    {
                        ContactWork.Remove(connection, contact);
                        removed.Add(contact);
                    }
                }

                ContactWork.Count(connection, bookId, -removed.Count);
                return removed;
            },
            cancellationToken);

    public ValueTask<IReadOnlyList<Contact>> DueInvitationsAsync(DateTimeOffset now, int limit, CancellationToken cancellationToken) =>
        ReadAsync(connection => connection.Use(SelectDue).Bind(now).Bind(limit), cancellationToken);

    public ValueTask<DateTimeOffset?> NextInvitationAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectNext);
                return query.Read() ? query.NullableTime(0) : null;
            },
            cancellationToken);

    public ValueTask<long> EventCursorAsync(CancellationToken cancellationToken) =>
        database.Readers.ReadAsync(
            connection =>
            {
                using var query = connection.Use(SelectCursor);
                return query.Read() ? query.Int64(0) : 0;
            },
            cancellationToken);

    public async ValueTask SaveEventCursorAsync(long sequence, CancellationToken cancellationToken) =>
        await WriteAsync(
            connection =>
            {
                connection.Use(UpsertCursor).Bind(sequence).Run();
                return true;
            },
            cancellationToken);

    internal static ContactBook? FindBook(SqliteConnection connection, long id)
    {
        using var query = connection.Use(SelectBookRow).Bind(id);
        return query.Read() ? ContactBookRow.Read(query) : null;
    }

    private static ContactBook? FindBook(SqliteConnection connection, long accountId, Guid uid)
    {
        using var query = connection.Use(SelectBook).Bind(ContactRow.Bytes(uid)).Bind(accountId);
        return query.Read() ? ContactBookRow.Read(query) : null;
    }

    private static (long Id, DateTimeOffset? LeftAllAt)? FindPerson(SqliteConnection connection, long accountId, Mailbox address)
    {
        using var query = connection.Use(SelectPerson).Bind(accountId).Bind(ContactAddress.KeyOf(address));
        return query.Read() ? (query.Int64(0), query.NullableTime(1)) : null;
    }

    private static List<Contact> PlacesOf(SqliteConnection connection, long accountId, Mailbox address)
    {
        var places = new List<Contact>();
        using var query = connection.Use(SelectOfPerson).Bind(accountId).Bind(ContactAddress.KeyOf(address));
        while (query.Read())
        {
            places.Add(ContactRow.Read(query));
        }

        return places;
    }

    private static ContactWrite Change(SqliteConnection connection, Contact current, Func<Contact, Contact?> change, DateTimeOffset? leftAllAt)
    {
        if (change(current) is { } changed)
        {
            ContactWork.Replace(connection, current, changed);
            return new ContactWrite(current, changed with { LeftAllAt = leftAllAt });
        }

        return new ContactWrite(current, null);
    }

    private static string OrderBy(ContactOrder order) => order switch
    {
        ContactOrder.Oldest => " ORDER BY m.id",
        ContactOrder.Address => " ORDER BY m.address_key",
        ContactOrder.AddressDown => " ORDER BY m.address_key DESC",
        _ => " ORDER BY m.id DESC",
    };

    private static long? ReadRemoved(SqliteConnection connection)
    {
        using var query = connection.Use(SelectRemoved);
        return query.Read() ? query.Int64(0) : null;
    }

    // True as long as there may be more.
    private async ValueTask<bool> RemovePieceAsync(long bookId, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(
            WriterLane.Bulk,
            0,
            connection =>
            {
                var members = new List<(long Id, long PersonId)>();
                using (var query = connection.Use(SelectMembers).Bind(bookId).Bind(PieceRows))
                {
                    while (query.Read())
                    {
                        members.Add((query.Int64(0), query.Int64(1)));
                    }
                }

                if (members.Count == 0)
                {
                    connection.Use(DeleteBook).Bind(bookId).Run();
                    return false;
                }

                var start = time.GetTimestamp();
                foreach (var (id, personId) in members)
                {
                    ContactWork.Remove(connection, id, personId);
                    if (time.GetElapsedTime(start) > ErasurePieces.MaxDuration)
                    {
                        break;
                    }
                }

                return true;
            },
            cancellationToken);

    private ValueTask<IReadOnlyList<Contact>> ReadAsync(Func<SqliteConnection, SqliteStatement> select, CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<Contact>>(
            connection =>
            {
                var contacts = new List<Contact>();
                using var query = select(connection);
                while (query.Read())
                {
                    contacts.Add(ContactRow.Read(query));
                }

                return contacts;
            },
            cancellationToken);

    private async ValueTask<T> WriteAsync<T>(Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        await database.Writer.RunAsync(WriterLane.Interactive, 0, work, cancellationToken);
}
