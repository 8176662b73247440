using System.Buffers.Binary;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Records what reports tell of mail that had been handed over.</summary>
internal sealed class LateWork(EnqueueWork enqueue, QueueLedger ledger, OutboxRows outbox, TimeProvider time)
{
    private const string SelectLane = "SELECT queue_key, flow FROM recipient WHERE id = ? AND state = 10";

    private const string UpdateRecipient = "UPDATE recipient SET state = 11, updated_at = ?, last_reply = ?, last_host = ? WHERE id = ? AND state = 10";

    // Ids begin with the instant of acceptance: a time is a range of them, and no index by Message-ID costs anything on the way in.
    private const string SelectByMessageId =
        "SELECT id FROM (SELECT id, message_id FROM message WHERE id >= ? AND id < ? ORDER BY id LIMIT ?) WHERE message_id = ? LIMIT 1";

    public static QueueId? Find(SqliteConnection connection, string messageId, DateTimeOffset from, DateTimeOffset to, int maxLooked)
    {
        using var query = connection.Use(SelectByMessageId).Bind(FirstAt(from)).Bind(FirstAt(to.AddMilliseconds(1))).Bind(maxLooked).Bind(messageId);
        return query.Read() ? QueueId.FromBytes(query.Blob(0)) : null;
    }

    private static byte[] FirstAt(DateTimeOffset at)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteInt64BigEndian(bytes, Math.Max(0, at.ToUnixTimeMilliseconds()) << 16);
        return bytes;
    }

    /// <summary>Returns how many recipients became Bounced.</summary>
    public int Record(SqliteConnection connection, LateOutcome outcome)
    {
        var now = time.GetUtcNow();
        var bounced = outcome.Bounces.Count(bounce => Bounce(connection, bounce, now));
        foreach (var happened in outcome.Events)
        {
            outbox.Add(connection, happened);
        }

        if (outcome.Reports.Count > 0)
        {
            enqueue.Store(connection, outcome.Reports, mayLease: false);
        }

        return bounced;
    }

    private bool Bounce(SqliteConnection connection, LateBounce bounce, DateTimeOffset now)
    {
        LaneKey lane;
        using (var query = connection.Use(SelectLane).Bind(bounce.RecipientId))
        {
            if (!query.Read())
            {
                return false;
            }

            lane = new LaneKey(query.Text(0), query.Int64(1));
        }

        connection.Use(UpdateRecipient).Bind(now).Bind(bounce.LastReply).Bind(bounce.LastHost).Bind(bounce.RecipientId).Run();
        ledger.Leave(lane, RecipientState.Delivered);
        ledger.Enter(lane, RecipientState.Bounced, now);
        outbox.Add(connection, bounce.Event);
        return true;
    }
}
