using Relay.Queue;

namespace Relay.Storage;

/// <summary>Moves or withdraws messages of which nothing has been attempted yet: all recipients or none, in one transaction.</summary>
internal sealed class ScheduleWork(MessageProgress progress, QueueLedger ledger, OutboxRows outbox, TimeProvider time)
{
    private const string SelectOpen = """
        SELECT r.id, r.state, r.queue_key, r.address, m.no, m.account_id, r.flow
        FROM message m CROSS JOIN recipient r ON r.id >= m.first_recipient AND r.id < m.first_recipient + m.recipient_count
        WHERE m.id = ? AND r.state < 10
        """;

    private const string UpdateRecipient = "UPDATE recipient SET state = ?, next_attempt = ?, updated_at = ? WHERE id = ?";

    private const string UpdateMessage = "UPDATE message SET not_before = ?, expires_at = ? WHERE no = ?";

    private const string SelectPrefixes = """
        SELECT v.id, v.prefix FROM message m CROSS JOIN variant v ON v.id >= m.first_variant AND v.id < m.first_variant + m.variant_count
        WHERE m.no = ?
        """;

    // A signature covers the date.
    private const string UpdatePrefix =
        "UPDATE variant SET prefix = ?, signature = NULL, signed_at = NULL, signature_keys = NULL WHERE id = ?";

    public bool Reschedule(SqliteConnection connection, QueueId id, DateTimeOffset notBefore, DateTimeOffset expiresAt, string actor)
    {
        if (Scheduled(connection, id) is not { Count: > 0 } recipients)
        {
            return false;
        }

        var now = time.GetUtcNow();
        foreach (var recipient in recipients)
        {
            Change(connection, recipient, RecipientState.Scheduled, notBefore, now);
        }

        var first = recipients[0];
        connection.Use(UpdateMessage).Bind(notBefore).Bind(expiresAt).Bind(first.MessageNo).Run();
        MoveDates(connection, first.MessageNo, notBefore);
        outbox.Add(connection, Event(DeliveryEventKind.Rescheduled, id, first.AccountId, actor, now) with { NextAttempt = notBefore });
        return true;
    }

    public bool Withdraw(SqliteConnection connection, QueueId id, string actor)
    {
        if (Scheduled(connection, id) is not { Count: > 0 } recipients)
        {
            return false;
        }

        var now = time.GetUtcNow();
        foreach (var recipient in recipients)
        {
            Change(connection, recipient, RecipientState.Cancelled, now, now);
            outbox.Add(connection, Event(DeliveryEventKind.Cancelled, id, recipient.AccountId, actor, now) with
            {
                RecipientId = recipient.Id,
                Recipient = recipient.Address,
            });
        }

        progress.Finish(connection, recipients[0].MessageNo, recipients.Count, captured: false, now);
        return true;
    }

    private static void MoveDates(SqliteConnection connection, long messageNo, DateTimeOffset date)
    {
        var moved = new List<(long Id, byte[] Prefix)>();
        using (var query = connection.Use(SelectPrefixes).Bind(messageNo))
        {
            while (query.Read())
            {
                if (DateField.Replace(query.Blob(1), date) is { } prefix)
                {
                    moved.Add((query.Int64(0), prefix));
                }
            }
        }

        foreach (var (id, prefix) in moved)
        {
            connection.Use(UpdatePrefix).Bind(prefix).Bind(id).Run();
        }
    }

    private static DeliveryEvent Event(DeliveryEventKind kind, QueueId id, long accountId, string actor, DateTimeOffset now) => new()
    {
        Kind = kind,
        At = now,
        AccountId = accountId,
        MessageId = id,
        Actor = actor,
    };

    // Null when one of them is under way already.
    private static List<Open>? Scheduled(SqliteConnection connection, QueueId id)
    {
        var open = new List<Open>();
        using var query = connection.Use(SelectOpen).Bind(id.ToBytes());
        while (query.Read())
        {
            if ((RecipientState)query.Int32(1) != RecipientState.Scheduled)
            {
                return null;
            }

            open.Add(new Open(query.Int64(0), new LaneKey(query.Text(2), query.Int64(6)), query.Text(3), query.Int64(4), query.Int64(5)));
        }

        return open;
    }

    private void Change(SqliteConnection connection, Open recipient, RecipientState state, DateTimeOffset nextAttempt, DateTimeOffset now)
    {
        connection.Use(UpdateRecipient).Bind((long)state).Bind(nextAttempt).Bind(now).Bind(recipient.Id).Run();
        ledger.Leave(recipient.Lane, RecipientState.Scheduled);
        ledger.Enter(recipient.Lane, state, nextAttempt);
    }

    private sealed record Open(long Id, LaneKey Lane, string Address, long MessageNo, long AccountId);
}
