using Relay.Mail;
using Relay.Platform.Contacts;

namespace Relay.Storage;

/// <summary>Writes contacts inside a transaction of the writer: the person once, the place on the list, its tags.</summary>
internal sealed class ContactWork(IdAllocator ids)
{
    private const string SelectByKey = $"SELECT {ContactRow.Columns} FROM {ContactRow.Tables} WHERE m.list_id = ? AND m.address_key = ? AND m.account_id = ?";

    private const string SelectByUid = $"SELECT {ContactRow.Columns} FROM {ContactRow.Tables} WHERE m.uid = ? AND m.list_id = ? AND m.account_id = ?";

    private const string SelectPerson = "SELECT id, address, unsubscribed_at FROM person WHERE account_id = ? AND address_key = ?";

    private const string InsertPerson = """
        INSERT INTO person (id, uid, account_id, address_key, address, unsubscribed_at, created_at, updated_at) VALUES (?, ?, ?, ?, ?, NULL, ?, ?)
        """;

    private const string Insert = """
        INSERT INTO membership (id, uid, account_id, list_id, person_id, address_key, created_at,
          state, first_name, last_name, properties, subscribed_at, unsubscribed_at, reason, reason_text, invitation, invite_at, invited_at, invite_failures, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    private const string Update = """
        UPDATE membership SET state = ?, first_name = ?, last_name = ?, properties = ?, subscribed_at = ?, unsubscribed_at = ?, reason = ?, reason_text = ?,
          invitation = ?, invite_at = ?, invited_at = ?, invite_failures = ?, updated_at = ? WHERE id = ?
        """;

    private const string DeleteTags = "DELETE FROM membership_tag WHERE membership_id = ?";
    private const string InsertTag = "INSERT INTO membership_tag (membership_id, tag, account_id, list_id) VALUES (?, ?, ?, ?)";
    private const string Delete = "DELETE FROM membership WHERE id = ?";

    // A person who left everything is remembered, so that nobody writes to them by accident.
    private const string DeletePerson = """
        DELETE FROM person WHERE id = ?1 AND unsubscribed_at IS NULL AND NOT EXISTS (SELECT 1 FROM membership WHERE person_id = ?1)
        """;

    private const string CountUp = "UPDATE contact_list SET member_count = member_count + ? WHERE id = ?";

    public static Contact? Find(SqliteConnection connection, long accountId, long bookId, Guid uid) =>
        ReadOne(connection.Use(SelectByUid).Bind(ContactRow.Bytes(uid)).Bind(bookId).Bind(accountId));

    public static Contact? Find(SqliteConnection connection, long accountId, long bookId, Mailbox address) =>
        ReadOne(connection.Use(SelectByKey).Bind(bookId).Bind(ContactAddress.KeyOf(address)).Bind(accountId));

    /// <summary>Adds to the count of a book.</summary>
    public static void Count(SqliteConnection connection, long bookId, long change)
    {
        if (change != 0)
        {
            connection.Use(CountUp).Bind(change).Bind(bookId).Run();
        }
    }

    /// <summary>The caller counts new ones.</summary>
    public ContactWrite Write(SqliteConnection connection, long accountId, long bookId, ContactDraft draft, ContactChange change)
    {
        var current = draft.Uid is { } uid ? Find(connection, accountId, bookId, uid) : null;
        current ??= draft.Address is { } address ? Find(connection, accountId, bookId, address) : null;
        if ((current is null && draft.Address is null) || change(current, draft) is not { } changed)
        {
            return new ContactWrite(current, null);
        }

        if (current is null)
        {
            return new ContactWrite(null, Add(connection, changed with { AccountId = accountId, BookId = bookId }));
        }

        Replace(connection, current, changed);
        return new ContactWrite(current, changed);
    }

    /// <summary>Writes what may change of a contact that is stored.</summary>
    public static void Replace(SqliteConnection connection, Contact current, Contact changed)
    {
        ContactRow.Bind(connection.Use(Update), changed).Bind(current.Id).Run();
        if (!current.Tags.SequenceEqual(changed.Tags))
        {
            connection.Use(DeleteTags).Bind(current.Id).Run();
            AddTags(connection, changed);
        }
    }

    /// <summary>Removes the contact, and the person when this was the last place; the caller counts.</summary>
    public static void Remove(SqliteConnection connection, Contact contact) => Remove(connection, contact.Id, contact.PersonId);

    public static void Remove(SqliteConnection connection, long id, long personId)
    {
        connection.Use(DeleteTags).Bind(id).Run();
        connection.Use(Delete).Bind(id).Run();
        connection.Use(DeletePerson).Bind(personId).Run();
    }

    private static Contact? ReadOne(SqliteStatement select)
    {
        using var query = select;
        return query.Read() ? ContactRow.Read(query) : null;
    }

    private Contact Add(SqliteConnection connection, Contact contact)
    {
        var key = ContactAddress.KeyOf(contact.Address);
        var added = EnsurePerson(connection, contact, key) with { Id = ids.Next() };
        var insert = connection.Use(Insert)
            .Bind(added.Id)
            .Bind(ContactRow.Bytes(added.Uid))
            .Bind(added.AccountId)
            .Bind(added.BookId)
            .Bind(added.PersonId)
            .Bind(key)
            .Bind(added.CreatedAt);
        ContactRow.Bind(insert, added).Run();
        AddTags(connection, added);
        return added;
    }

    private Contact EnsurePerson(SqliteConnection connection, Contact contact, string key)
    {
        using (var query = connection.Use(SelectPerson).Bind(contact.AccountId).Bind(key))
        {
            if (query.Read())
            {
                return contact with { PersonId = query.Int64(0), Address = Mailbox.Parse(query.Text(1)), LeftAllAt = query.NullableTime(2) };
            }
        }

        var id = ids.Next();
        connection.Use(InsertPerson)
            .Bind(id)
            .Bind(ContactRow.Bytes(Guid.CreateVersion7(contact.CreatedAt)))
            .Bind(contact.AccountId)
            .Bind(key)
            .Bind(contact.Address.ToString())
            .Bind(contact.CreatedAt)
            .Bind(contact.CreatedAt)
            .Run();
        return contact with { PersonId = id };
    }

    private static void AddTags(SqliteConnection connection, Contact contact)
    {
        foreach (var tag in contact.Tags)
        {
            connection.Use(InsertTag).Bind(contact.Id).Bind(tag).Bind(contact.AccountId).Bind(contact.BookId).Run();
        }
    }
}
