using System.Text;
using Relay.Platform.Analytics;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Follows the index by time, so that a page costs the same wherever it lies.</summary>
internal sealed class SqliteAccountEvents(HistoryDatabase database) : IAccountEvents
{
    public ValueTask<IReadOnlyList<DeliveryEvent>> ReadAsync(
        long accountId,
        DateTimeOffset from,
        DateTimeOffset to,
        IReadOnlyList<DeliveryEventKind> kinds,
        (DateTimeOffset At, long Sequence)? after,
        int limit,
        CancellationToken cancellationToken) =>
        database.Readers.ReadAsync<IReadOnlyList<DeliveryEvent>>(
            connection =>
            {
                var events = new List<DeliveryEvent>();
                using var query = connection.UseOnce(Sql(kinds))
                    .Bind(from)
                    .Bind(to)
                    .Bind(after?.At ?? from)
                    .Bind(after?.Sequence ?? -1)
                    .Bind(accountId)
                    .Bind(limit);
                while (query.Read())
                {
                    events.Add(StoredJson.ReadEvent(query.Int64(0), query.Blob(1)));
                }

                return events;
            },
            cancellationToken);

    private static string Sql(IReadOnlyList<DeliveryEventKind> kinds)
    {
        var sql = new StringBuilder(
            "SELECT sequence, body FROM event INDEXED BY event_at WHERE at >= ? AND at < ? AND (at, sequence) > (?, ?) AND account_id = ?");
        if (kinds.Count > 0)
        {
            // Numbers from an enumeration, not text from outside.
            sql.Append(" AND kind IN (").AppendJoin(", ", kinds.Select(kind => (int)kind)).Append(')');
        }

        return sql.Append(" ORDER BY at, sequence LIMIT ?").ToString();
    }
}
