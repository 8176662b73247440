using Relay.Queue;

namespace Relay.Storage;

/// <summary>Records what became of a task.</summary>
internal sealed class SettleWork(EnqueueWork enqueue, MessageProgress progress, QueueLedger ledger, OutboxRows outbox, TimeProvider time)
{
    private const string SelectLeased = """
        SELECT message_no, queue_key, flow FROM recipient
        WHERE id = ? AND state = 2 AND lease_epoch = ? AND lease_number = ? AND variant_id = ?
        """;

    private const string UpdateRecipient = """
        UPDATE recipient SET state = ?, attempts = ?, next_attempt = coalesce(?, next_attempt), updated_at = ?,
          last_reply = ?, last_host = ?, notify = notify | ?, lease_epoch = NULL, lease_number = NULL
        WHERE id = ? AND state = 2
        """;

    /// <exception cref="ArgumentException">A state that no attempt can lead to, or a deferral without its next attempt.</exception>
    public static void Check(Settlement settlement)
    {
        if (settlement.Recipients.Count == 0)
        {
            throw new ArgumentException("A settlement needs at least one recipient.", nameof(settlement));
        }

        foreach (var recipient in settlement.Recipients)
        {
            if (recipient.State is not (RecipientState.Deferred or RecipientState.Held) && !recipient.State.IsFinal())
            {
                throw new ArgumentException("A recipient settles as Deferred, as Held or in a final state.", nameof(settlement));
            }

            if (recipient is { State: RecipientState.Deferred, NextAttempt: null })
            {
                throw new ArgumentException("A deferral needs its next attempt.", nameof(settlement));
            }
        }

        EnqueueWork.Check(settlement.Reports);
    }

    /// <summary>False when any of the recipients is not leased under the token; then nothing is written.</summary>
    public bool Settle(SqliteConnection connection, Settlement settlement)
    {
        if (FindLeased(connection, settlement) is not { } leased)
        {
            return false;
        }

        var now = time.GetUtcNow();
        var finished = 0;
        var captured = false;
        for (var i = 0; i < settlement.Recipients.Count; i++)
        {
            var recipient = settlement.Recipients[i];
            WriteRecipient(connection, recipient, leased.Lanes[i], now);
            finished += recipient.State.IsFinal() ? 1 : 0;
            captured |= recipient.State == RecipientState.Captured;
        }

        progress.Finish(connection, leased.MessageNo, finished, captured, now);
        if (settlement.Signature is { } signature)
        {
            VariantRow.WriteSignature(connection, settlement.VariantId, signature);
        }

        if (settlement.Reports.Count > 0)
        {
            enqueue.Store(connection, settlement.Reports, mayLease: false);
        }

        return true;
    }

    private static (long MessageNo, LaneKey[] Lanes)? FindLeased(SqliteConnection connection, Settlement settlement)
    {
        long messageNo = 0;
        var lanes = new LaneKey[settlement.Recipients.Count];
        for (var i = 0; i < lanes.Length; i++)
        {
            using var query = connection.Use(SelectLeased)
                .Bind(settlement.Recipients[i].RecipientId)
                .Bind(settlement.Lease.Epoch)
                .Bind(settlement.Lease.Number)
                .Bind(settlement.VariantId);
            if (!query.Read())
            {
                return null;
            }

            messageNo = query.Int64(0);
            lanes[i] = new LaneKey(query.Text(1), query.Int64(2));
        }

        return (messageNo, lanes);
    }

    private void WriteRecipient(SqliteConnection connection, RecipientSettlement recipient, LaneKey lane, DateTimeOffset now)
    {
        connection.Use(UpdateRecipient)
            .Bind((long)recipient.State)
            .Bind(recipient.Attempts)
            .Bind(recipient.NextAttempt)
            .Bind(now)
            .Bind(recipient.LastReply)
            .Bind(recipient.LastHost)
            .Bind(recipient.IsDelayReported ? RecipientRow.DelayReported : 0)
            .Bind(recipient.RecipientId)
            .Run();
        if (connection.Changes != 1)
        {
            throw new ArgumentException("A recipient is settled twice by one settlement.");
        }

        ledger.Enter(lane, recipient.State, recipient.NextAttempt ?? now);
        outbox.Add(connection, recipient.Event.RecipientId is null ? recipient.Event with { RecipientId = recipient.RecipientId } : recipient.Event);
    }
}
