using Relay.Queue;

namespace Relay.Storage;

/// <summary>Makes deferred recipients of a key due now, a bounded number in one act.</summary>
internal sealed class BringForwardWork(QueueLedger ledger, TimeProvider time)
{
    // The index is partial: naming its states again lets the planner use it.
    private const string SelectDeferred = """
        SELECT id FROM recipient INDEXED BY recipient_waiting
        WHERE queue_key = ? AND priority = ? AND next_attempt > ? AND state IN (0, 1, 3) AND state = 3
        ORDER BY next_attempt LIMIT ?
        """;

    private const string Update = "UPDATE recipient SET next_attempt = ?1, updated_at = ?1 WHERE id = ?2";

    public int BringForward(SqliteConnection connection, string queueKey, int limit)
    {
        var now = time.GetUtcNow();
        var ids = Find(connection, queueKey, limit, now);
        foreach (var id in ids)
        {
            connection.Use(Update).Bind(now).Bind(id).Run();
            ledger.Leave(queueKey, RecipientState.Deferred);
            ledger.Enter(queueKey, RecipientState.Deferred, now);
        }

        return ids.Count;
    }

    private static List<long> Find(SqliteConnection connection, string queueKey, int limit, DateTimeOffset now)
    {
        var ids = new List<long>();
        for (var priority = MessagePriority.High; priority <= MessagePriority.Low && ids.Count < limit; priority++)
        {
            using var query = connection.Use(SelectDeferred).Bind(queueKey).Bind((long)priority).Bind(now).Bind((long)(limit - ids.Count));
            while (query.Read())
            {
                ids.Add(query.Int64(0));
            }
        }

        return ids;
    }
}
