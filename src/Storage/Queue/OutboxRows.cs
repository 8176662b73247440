using Relay.Queue;

namespace Relay.Storage;

/// <summary>Events on their way to the observers, written in the transaction of the change they tell of.</summary>
internal sealed class OutboxRows(IdAllocator ids, QueueLedger ledger)
{
    private const string Insert = "INSERT INTO event_outbox (sequence, account_id, body) VALUES (?, ?, ?)";

    public const string Select = "SELECT sequence, body FROM event_outbox WHERE sequence > ? ORDER BY sequence LIMIT ?";

    public const string Delete = "DELETE FROM event_outbox WHERE sequence IN (SELECT sequence FROM event_outbox WHERE sequence <= ? ORDER BY sequence LIMIT ?)";

    public void Add(SqliteConnection connection, DeliveryEvent deliveryEvent)
    {
        var sequence = ids.Next();
        connection.Use(Insert)
            .Bind(sequence)
            .Bind(deliveryEvent.AccountId)
            .Bind(StoredJson.WriteEvent(deliveryEvent))
            .Run();
        ledger.EventAdded(deliveryEvent with { Sequence = sequence });
    }

    public static IReadOnlyList<DeliveryEvent> Read(SqliteConnection connection, long after, int limit)
    {
        var events = new List<DeliveryEvent>();
        using var query = connection.Use(Select).Bind(after).Bind(limit);
        while (query.Read())
        {
            events.Add(StoredJson.ReadEvent(query.Int64(0), query.Blob(1)));
        }

        return events;
    }

    /// <summary>Deletes up to <paramref name="limit"/> of the oldest; returns how many.</summary>
    public static int Prune(SqliteConnection connection, long through, int limit)
    {
        connection.Use(Delete).Bind(through).Bind(limit).Run();
        return connection.Changes;
    }
}
