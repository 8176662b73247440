using System.Text;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Lists recipients newest first, page by page.</summary>
/// <remarks>
/// Few open recipients are found by their partial indexes. Anything else is read backwards by id until the page is full:
/// what is asked for without an index is either frequent, so that the page fills soon, or a search that reads on until cancelled.
/// </remarks>
internal static class QueueListing
{
    private const int MaxLimit = 500;

    // Above it, reading backwards meets enough matches; below it, sorting all candidates is cheap.
    private const long FewCandidates = 50_000;

    private const string CountOfState = "SELECT count FROM state_count WHERE state = ?";

    public static QueuePage List(SqliteConnection connection, QueueFilter filter)
    {
        var limit = Math.Clamp(filter.Limit, 1, MaxLimit);
        using var query = connection.UseOnce(Sql(connection, filter));
        Bind(query, filter, limit);
        var entries = new List<QueueEntry>();
        while (query.Read())
        {
            var message = MessageRow.Read(query, 0);
            entries.Add(new QueueEntry(message, RecipientRow.Read(query, MessageRow.Count, message.Id)));
        }

        if (entries.Count <= limit)
        {
            return new QueuePage(entries, null);
        }

        entries.RemoveAt(limit);
        return new QueuePage(entries, entries[^1].Recipient.Id);
    }

    private static string Sql(SqliteConnection connection, QueueFilter filter)
    {
        var sql = new StringBuilder("SELECT ").Append(MessageRow.Columns).Append(", ").Append(RecipientRow.Columns)
            .Append(" FROM recipient r CROSS JOIN message m ON m.no = r.message_no WHERE r.id < ?");
        if (filter.States is { } states)
        {
            // Numbers from an enumeration, not text from outside.
            sql.Append(" AND r.state IN (").AppendJoin(", ", states.Select(state => (int)state)).Append(')');
            if (AreFewAndOpen(connection, states))
            {
                sql.Append(" AND r.id IN (SELECT id FROM recipient INDEXED BY recipient_waiting WHERE " + RecipientRow.Waiting
                    + " UNION ALL SELECT id FROM recipient INDEXED BY recipient_leased WHERE state = 2"
                    + " UNION ALL SELECT id FROM recipient INDEXED BY recipient_held WHERE state = 4)");
            }
        }

        sql.Append(filter.QueueKey is null ? string.Empty : " AND r.queue_key >= ? AND r.queue_key < ?");
        if (filter.Search is not null)
        {
            sql.Append(" AND (r.address LIKE ? ESCAPE '\\' OR m.header_from LIKE ? ESCAPE '\\' OR m.subject LIKE ? ESCAPE '\\')");
        }

        return sql.Append(" ORDER BY r.id DESC LIMIT ?").ToString();
    }

    private static void Bind(SqliteStatement query, QueueFilter filter, int limit)
    {
        query.Bind(filter.Before ?? long.MaxValue);
        if (filter.QueueKey is { } queueKey)
        {
            query.Bind(queueKey).Bind(QueueKeyRange.End(queueKey));
        }

        if (filter.Search is { } search)
        {
            var pattern = "%" + search.Replace(@"\", @"\\", StringComparison.Ordinal)
                .Replace("%", @"\%", StringComparison.Ordinal)
                .Replace("_", @"\_", StringComparison.Ordinal) + "%";
            query.Bind(pattern).Bind(pattern).Bind(pattern);
        }

        // One more than a page tells whether there is another.
        query.Bind(limit + 1);
    }

    private static bool AreFewAndOpen(SqliteConnection connection, IReadOnlyList<RecipientState> states)
    {
        if (states.Any(state => state.IsFinal()))
        {
            return false;
        }

        long open = 0;
        for (var state = RecipientState.Scheduled; state <= RecipientState.Held; state++)
        {
            using var query = connection.Use(CountOfState).Bind((long)state);
            open += query.Read() ? query.Int64(0) : 0;
        }

        return open <= FewCandidates;
    }
}
