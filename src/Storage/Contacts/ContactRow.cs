using Relay.Mail;
using Relay.Platform.Contacts;

namespace Relay.Storage;

/// <summary>Contacts to and from rows of <c>membership</c> joined with <c>person</c>.</summary>
internal static class ContactRow
{
    /// <summary>To be read from <see cref="Tables"/>.</summary>
    public const string Columns = """
        m.id, m.uid, m.account_id, m.list_id, m.person_id, p.address, m.first_name, m.last_name, m.properties, m.state, m.subscribed_at,
        m.unsubscribed_at, m.reason, m.reason_text, p.unsubscribed_at, m.invitation, m.invite_at, m.invited_at, m.invite_failures,
        m.created_at, m.updated_at, (SELECT json_group_array(tag) FROM membership_tag g WHERE g.membership_id = m.id)
        """;

    /// <summary>In this order, so that the planner begins with the list.</summary>
    public const string Tables = "membership m CROSS JOIN person p ON p.id = m.person_id";

    public static Contact Read(SqliteStatement row)
    {
        var contact = new Contact
        {
            Id = row.Int64(0),
            Uid = Uid(row.Blob(1)),
            AccountId = row.Int64(2),
            BookId = row.Int64(3),
            PersonId = row.Int64(4),
            Address = Mailbox.Parse(row.Text(5)),
            FirstName = row.NullableText(6),
            LastName = row.NullableText(7),
            Properties = StoredJson.ReadProperties(row.NullableText(8)),
            State = (ContactState)row.Int32(9),
            SubscribedAt = row.NullableTime(10),
            UnsubscribedAt = row.NullableTime(11),
            Reason = row.IsNull(12) ? null : (UnsubscribeReason)row.Int32(12),
            ReasonText = row.NullableText(13),
            LeftAllAt = row.NullableTime(14),
            Invitation = new Invitation(row.Int32(15), row.NullableTime(16), row.NullableTime(17), row.Int32(18)),
            CreatedAt = row.Time(19),
            UpdatedAt = row.Time(20),
        };
        return row.Text(21) is "[]" ? contact : contact with { Tags = [.. StoredJson.ReadTexts(row.Text(21)).Order(StringComparer.Ordinal)] };
    }

    /// <summary>What a change may write, in the order of the columns from <c>state</c> to <c>updated_at</c>.</summary>
    public static SqliteStatement Bind(SqliteStatement statement, Contact contact) => statement
        .Bind((long)contact.State)
        .Bind(contact.FirstName)
        .Bind(contact.LastName)
        .Bind(StoredJson.WriteProperties(contact.Properties))
        .Bind(contact.SubscribedAt)
        .Bind(contact.UnsubscribedAt)
        .Bind((long?)contact.Reason)
        .Bind(contact.ReasonText)
        .Bind(contact.Invitation.Number)
        .Bind(contact.Invitation.DueAt)
        .Bind(contact.Invitation.SentAt)
        .Bind(contact.Invitation.Failures)
        .Bind(contact.UpdatedAt);

    public static byte[] Bytes(Guid uid) => uid.ToByteArray(bigEndian: true);

    public static Guid Uid(ReadOnlySpan<byte> bytes) => new(bytes, bigEndian: true);
}
