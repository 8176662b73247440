using Relay.Platform.Contacts;

namespace Relay.Storage;

/// <summary>Books to and from rows of <c>contact_list</c>.</summary>
internal static class ContactBookRow
{
    public const string Columns = """
        id, uid, account_id, name, emoji, properties, opt_in_enabled, opt_in_from, opt_in_subject, opt_in_content, member_count, created_at, updated_at, public_name
        """;

    private const string Insert = $"INSERT INTO contact_list ({Columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

    private const string Update = """
        UPDATE contact_list SET name = ?, emoji = ?, properties = ?, opt_in_enabled = ?, opt_in_from = ?, opt_in_subject = ?, opt_in_content = ?,
          public_name = ?, updated_at = ? WHERE id = ?
        """;

    public static ContactBook Read(SqliteStatement row) => new()
    {
        Id = row.Int64(0),
        Uid = ContactRow.Uid(row.Blob(1)),
        AccountId = row.Int64(2),
        Name = row.Text(3),
        Emoji = row.Text(4),
        Properties = StoredJson.ReadProperties(row.NullableText(5)),
        DoubleOptIn = new DoubleOptIn(row.Bool(6), row.NullableText(7), row.NullableText(8), row.NullableText(9)),
        ContactCount = row.Int64(10),
        CreatedAt = row.Time(11),
        UpdatedAt = row.Time(12),
        PublicName = row.NullableText(13),
    };

    public static void Add(SqliteConnection connection, ContactBook book) => connection.Use(Insert)
        .Bind(book.Id)
        .Bind(ContactRow.Bytes(book.Uid))
        .Bind(book.AccountId)
        .Bind(book.Name)
        .Bind(book.Emoji)
        .Bind(StoredJson.WriteProperties(book.Properties))
        .Bind(book.DoubleOptIn.IsEnabled)
        .Bind(book.DoubleOptIn.From)
        .Bind(book.DoubleOptIn.Subject)
        .Bind(book.DoubleOptIn.Content)
        .Bind(0L)
        .Bind(book.CreatedAt)
        .Bind(book.UpdatedAt)
        .Bind(book.PublicName)
        .Run();

    public static void Write(SqliteConnection connection, ContactBook book) => connection.Use(Update)
        .Bind(book.Name)
        .Bind(book.Emoji)
        .Bind(StoredJson.WriteProperties(book.Properties))
        .Bind(book.DoubleOptIn.IsEnabled)
        .Bind(book.DoubleOptIn.From)
        .Bind(book.DoubleOptIn.Subject)
        .Bind(book.DoubleOptIn.Content)
        .Bind(book.PublicName)
        .Bind(book.UpdatedAt)
        .Bind(book.Id)
        .Run();
}
