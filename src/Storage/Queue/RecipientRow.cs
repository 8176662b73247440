using Relay.Mail;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Recipients: the rows that change.</summary>
internal static class RecipientRow
{
    /// <summary>In the column notify beside the flags of RFC 3461: the sender has been told of the delay.</summary>
    public const int DelayReported = 0x100;

    /// <summary>In the same column: an operator let it go.</summary>
    public const int Released = 0x200;

    /// <summary>
    /// The states from which a recipient is leased, as the index <c>recipient_waiting</c> puts it: a query that can use it says it in the same words.
    /// </summary>
    public const string Waiting = "state < 4 AND state <> 2";

    /// <summary>The same where another table has states, too.</summary>
    public const string WaitingOfR = "r.state < 4 AND r.state <> 2";

    /// <summary>Number of columns in <see cref="Columns"/>.</summary>
    public const int Count = 12;

    /// <summary>All but the message's id, which the caller knows or joins.</summary>
    public const string Columns = """
        r.id, r.variant_id, r.address, r.queue_key, r.notify, r.original_recipient, r.state, r.attempts, r.next_attempt, r.updated_at,
        r.last_reply, r.last_host
        """;

    private const string Insert = """
        INSERT INTO recipient (id, account_id, message_no, variant_id, state, priority, next_attempt, attempts, lease_epoch, lease_number,
          updated_at, queue_key, flow, address, notify, original_recipient, last_reply)
        VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """;

    /// <param name="lease">For a recipient born leased.</param>
    public static void Write(SqliteConnection connection, QueuedMessage message, long messageNo, QueuedRecipient recipient, long flow, LeaseToken? lease) =>
        connection.Use(Insert)
            .Bind(recipient.Id)
            .Bind(message.AccountId)
            .Bind(messageNo)
            .Bind(recipient.VariantId)
            .Bind((long)recipient.State)
            .Bind((long)message.Priority)
            .Bind(recipient.NextAttempt)
            .Bind(lease?.Epoch)
            .Bind(lease?.Number)
            .Bind(recipient.UpdatedAt)
            .Bind(recipient.QueueKey)
            .Bind(flow)
            .Bind(recipient.Address.ToString())
            .Bind((long)recipient.Notify)
            .Bind(recipient.OriginalRecipient)
            .Bind(recipient.LastReply)
            .Run();

    /// <summary>Reads <see cref="Columns"/> that begin at column <paramref name="at"/>.</summary>
    public static QueuedRecipient Read(SqliteStatement row, int at, QueueId messageId) => new()
    {
        Id = row.Int64(at),
        MessageId = messageId,
        VariantId = row.Int64(at + 1),
        Address = Mailbox.Parse(row.Text(at + 2)),
        QueueKey = row.Text(at + 3),
        Notify = (DsnNotify)(row.Int32(at + 4) & ~(DelayReported | Released)),
        IsDelayReported = (row.Int32(at + 4) & DelayReported) != 0,
        IsReleased = (row.Int32(at + 4) & Released) != 0,
        OriginalRecipient = row.NullableText(at + 5),
        State = (RecipientState)row.Int32(at + 6),
        Attempts = row.Int32(at + 7),
        NextAttempt = row.Time(at + 8),
        UpdatedAt = row.Time(at + 9),
        LastReply = row.NullableText(at + 10),
        LastHost = row.NullableText(at + 11),
    };
}
