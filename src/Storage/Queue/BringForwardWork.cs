using Relay.Queue;

namespace Relay.Storage;

/// <summary>Makes deferred recipients of a key due now, a bounded number in one act: lane by lane, each in its order.</summary>
internal sealed class BringForwardWork(QueueLedger ledger, TimeProvider time)
{
    private const string SelectLanes = "SELECT flow FROM queue_lane WHERE queue_key = ? AND waiting > 0 ORDER BY flow";

    // The index is partial: naming its states again lets the planner use it.
    private const string SelectDeferred = $"""
        SELECT id FROM recipient INDEXED BY recipient_waiting
        WHERE queue_key = ? AND flow = ? AND priority = ? AND next_attempt > ? AND {RecipientRow.Waiting} AND state = 3
        ORDER BY next_attempt LIMIT ?
        """;

    private const string Update = "UPDATE recipient SET next_attempt = ?1, updated_at = ?1 WHERE id = ?2";

    public int BringForward(SqliteConnection connection, string queueKey, int limit)
    {
        var now = time.GetUtcNow();
        var moved = 0;
        foreach (var lane in Lanes(connection, queueKey))
        {
            moved += BringForward(connection, lane, limit - moved, now);
            if (moved >= limit)
            {
                break;
            }
        }

        return moved;
    }

    private int BringForward(SqliteConnection connection, LaneKey lane, int limit, DateTimeOffset now)
    {
        var ids = Find(connection, lane, limit, now);
        foreach (var id in ids)
        {
            connection.Use(Update).Bind(now).Bind(id).Run();
            ledger.Leave(lane, RecipientState.Deferred);
            ledger.Enter(lane, RecipientState.Deferred, now);
        }

        return ids.Count;
    }

    private static List<LaneKey> Lanes(SqliteConnection connection, string queueKey)
    {
        var lanes = new List<LaneKey>();
        using var query = connection.Use(SelectLanes).Bind(queueKey);
        while (query.Read())
        {
            lanes.Add(new LaneKey(queueKey, query.Int64(0)));
        }

        return lanes;
    }

    private static List<long> Find(SqliteConnection connection, LaneKey lane, int limit, DateTimeOffset now)
    {
        var ids = new List<long>();
        for (var priority = MessagePriority.High; priority <= MessagePriority.Low && ids.Count < limit; priority++)
        {
            using var query = connection.Use(SelectDeferred).Bind(lane.Key).Bind(lane.Flow).Bind((long)priority).Bind(now).Bind((long)(limit - ids.Count));
            while (query.Read())
            {
                ids.Add(query.Int64(0));
            }
        }

        return ids;
    }
}
