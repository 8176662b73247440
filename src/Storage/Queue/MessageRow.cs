using Relay.Mail;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>The columns of a message that are its facts, in one order for writing and reading.</summary>
internal static class MessageRow
{
    /// <summary>Number of columns in <see cref="Columns"/>.</summary>
    public const int Count = 25;

    public const string Columns = """
        m.id, m.account_id, m.door, m.credential_id, m.stream, m.tags, m.priority, m.accepted_at, m.not_before, m.expires_at,
        m.reverse_path, m.body_type, m.smtp_utf8, m.require_tls, m.dsn_return, m.envelope_id, m.header_from, m.from_domain,
        m.subject, m.message_id, m.idempotency_key, m.client_address, m.size_bytes, m.submitter, m.list_id
        """;

    private const string Insert = """
        INSERT INTO message (no, open_recipients, finished_at, content_class, has_content, first_variant, variant_count,
          first_recipient, recipient_count, sender_domain,
          id, account_id, door, credential_id, stream, tags, priority, accepted_at, not_before, expires_at,
          reverse_path, body_type, smtp_utf8, require_tls, dsn_return, envelope_id, header_from, from_domain,
          subject, message_id, idempotency_key, client_address, size_bytes, submitter, list_id)
        VALUES (?, ?, ?, ?, 1, ?, ?, ?, ?, ?,
          ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    public static void Write(SqliteConnection connection, QueuedMessage message, MessagePlace place)
    {
        Span<byte> id = stackalloc byte[16];
        message.Id.Value.TryWriteBytes(id, bigEndian: true, out _);
        connection.Use(Insert)
            .Bind(place.No)
            .Bind(place.OpenRecipients)
            .Bind(place.FinishedAt)
            .Bind((long)place.ContentClass)
            .Bind(place.FirstVariant)
            .Bind(place.VariantCount)
            .Bind(place.FirstRecipient)
            .Bind(place.RecipientCount)
            .Bind(message.ReversePath.Mailbox?.DomainText)
            .Bind(id)
            .Bind(message.AccountId)
            .Bind((long)message.Door)
            .Bind(message.CredentialId)
            .Bind((long)message.Stream)
            .Bind(StoredJson.WriteTexts(message.Tags))
            .Bind((long)message.Priority)
            .Bind(message.AcceptedAt)
            .Bind(message.NotBefore)
            .Bind(message.ExpiresAt)
            .Bind(message.ReversePath.ToString())
            .Bind((long)message.BodyType)
            .Bind(message.SmtpUtf8)
            .Bind(message.RequireTls)
            .Bind((long)message.Return)
            .Bind(message.EnvelopeId)
            .Bind(message.HeaderFrom)
            .Bind(message.FromDomain)
            .Bind(message.Subject)
            .Bind(message.MessageId)
            .Bind(message.IdempotencyKey)
            .Bind(message.ClientAddress)
            .Bind(message.SizeBytes)
            .Bind(message.User)
            .Bind(message.ListId)
            .Run();
    }

    /// <summary>Reads <see cref="Columns"/> that begin at column <paramref name="at"/>.</summary>
    public static QueuedMessage Read(SqliteStatement row, int at) => new()
    {
        Id = QueueId.FromBytes(row.Blob(at)),
        AccountId = row.Int64(at + 1),
        Door = (Door)row.Int32(at + 2),
        CredentialId = row.NullableInt64(at + 3),
        Stream = (MailStream)row.Int32(at + 4),
        Tags = StoredJson.ReadTexts(row.NullableText(at + 5)),
        Priority = (MessagePriority)row.Int32(at + 6),
        AcceptedAt = row.Time(at + 7),
        NotBefore = row.NullableTime(at + 8),
        ExpiresAt = row.Time(at + 9),
        ReversePath = ReadReversePath(row.Text(at + 10)),
        BodyType = (BodyType)row.Int32(at + 11),
        SmtpUtf8 = row.Bool(at + 12),
        RequireTls = row.Bool(at + 13),
        Return = (DsnReturn)row.Int32(at + 14),
        EnvelopeId = row.NullableText(at + 15),
        HeaderFrom = row.NullableText(at + 16),
        FromDomain = row.NullableText(at + 17),
        Subject = row.NullableText(at + 18),
        MessageId = row.NullableText(at + 19),
        IdempotencyKey = row.NullableText(at + 20),
        ClientAddress = row.NullableText(at + 21),
        SizeBytes = row.Int64(at + 22),
        User = row.NullableText(at + 23),
        ListId = row.NullableText(at + 24),
    };

    private static ReversePath ReadReversePath(string text) => text.Length == 0 ? ReversePath.Null : new ReversePath(Mailbox.Parse(text));
}

/// <summary>Where a message's rows lie and how far it is.</summary>
internal readonly record struct MessagePlace
{
    public required long No { get; init; }

    public required long FirstVariant { get; init; }

    public required int VariantCount { get; init; }

    public required long FirstRecipient { get; init; }

    public required int RecipientCount { get; init; }

    public required int OpenRecipients { get; init; }

    public required DateTimeOffset? FinishedAt { get; init; }

    public required ContentClass ContentClass { get; init; }
}

/// <summary>Which rule deletes the content. The values are stored.</summary>
internal enum ContentClass
{
    Smtp = 0,
    Http = 1,
    Captured = 2,

    /// <summary>It holds an erased address: deleted as soon as the message is finished.</summary>
    Erased = 3,
}
