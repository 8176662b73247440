using Relay.Platform.Emails;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>The columns of an e-mail; its time, tags and stream are those of its message.</summary>
internal static class EmailRow
{
    public const string Columns = """
        e.message_id, e.account_id, e.domain_id, e.created_at, e.updated_at, e.latest_status, e.was_scheduled, e.sender, e.to_list,
        e.cc_list, e.bcc_list, e.reply_to, e.subject, e.message_field, e.reference_ids, e.template_id, e.in_reply_to, e.html, e.text,
        m.not_before, m.tags, m.stream
        """;

    public const string From = "FROM email e JOIN message m ON m.id = e.message_id";

    private const string Insert = """
        INSERT INTO email (id, message_id, account_id, domain_id, created_at, updated_at, latest_status, was_scheduled, sender, to_list,
          cc_list, bcc_list, reply_to, subject, message_field, reference_ids, template_id, in_reply_to, html, text)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    public static void Write(SqliteConnection connection, long id, Email email) =>
        connection.Use(Insert)
            .Bind(id)
            .Bind(email.Id.ToBytes())
            .Bind(email.AccountId)
            .Bind(email.DomainId)
            .Bind(email.CreatedAt)
            .Bind(email.UpdatedAt)
            .Bind((long)email.LatestStatus)
            .Bind(email.WasScheduled)
            .Bind(email.From)
            .Bind(email.To.ToJson())
            .Bind(email.Cc?.ToJson())
            .Bind(email.Bcc?.ToJson())
            .Bind(email.ReplyTo?.ToJson())
            .Bind(email.Subject)
            .Bind(email.MessageIdField)
            .Bind(StoredJson.WriteTexts(email.References))
            .Bind(email.TemplateId)
            .Bind(email.InReplyTo is { } parent ? (ReadOnlyMemory<byte>?)parent.ToBytes() : null)
            .Bind(email.Html)
            .Bind(email.Text)
            .Run();

    public static Email Read(SqliteStatement row) => new()
    {
        Id = QueueId.FromBytes(row.Blob(0)),
        AccountId = row.Int64(1),
        DomainId = row.NullableInt64(2),
        CreatedAt = row.Time(3),
        UpdatedAt = row.Time(4),
        LatestStatus = (EmailStatus)row.Int32(5),
        WasScheduled = row.Bool(6),
        From = row.Text(7),
        To = AddressField.FromJson(row.Text(8)),
        Cc = Addresses(row, 9),
        Bcc = Addresses(row, 10),
        ReplyTo = Addresses(row, 11),
        Subject = row.Text(12),
        MessageIdField = row.Text(13),
        References = StoredJson.ReadTexts(row.NullableText(14)),
        TemplateId = row.NullableText(15),
        InReplyTo = row.IsNull(16) ? null : QueueId.FromBytes(row.Blob(16)),
        Html = row.NullableText(17),
        Text = row.NullableText(18),
        ScheduledAt = row.NullableTime(19),
        Tags = StoredJson.ReadTexts(row.NullableText(20)),
        Stream = (MailStream)row.Int32(21),
    };

    private static AddressField? Addresses(SqliteStatement row, int column) =>
        row.NullableText(column) is { } json ? AddressField.FromJson(json) : null;
}
