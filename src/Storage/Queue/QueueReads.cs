using Relay.Queue;

namespace Relay.Storage;

/// <summary>Questions about the queue, each answered from one snapshot.</summary>
internal static class QueueReads
{
    public const string DueLanesSql = """
        SELECT queue_key, next_due, flow, account_id, submitter, stream, tag FROM queue_lane INDEXED BY queue_lane_due
        WHERE next_due <= ? AND (next_due, queue_key, flow) > (?, ?, ?) ORDER BY next_due, queue_key, flow LIMIT ?
        """;

    private const string FindMessage = $"""
        SELECT {MessageRow.Columns}, m.has_content, m.first_variant, m.variant_count, m.first_recipient, m.recipient_count
        FROM message m WHERE m.id = ?
        """;

    private const string FindFacts = $"SELECT {MessageRow.Columns} FROM message m WHERE m.id = ?";

    private const string FindVariants = $"SELECT {VariantRow.Columns} FROM variant v WHERE v.id >= ? AND v.id < ? ORDER BY v.id";

    private const string FindRecipients = $"SELECT {RecipientRow.Columns} FROM recipient r WHERE r.id >= ? AND r.id < ? ORDER BY r.id";

    private const string Ahead = $"""
        SELECT count(*) FROM (
          SELECT 1 FROM recipient me CROSS JOIN recipient r INDEXED BY recipient_waiting
            ON r.queue_key = me.queue_key AND r.flow = me.flow AND r.priority = me.priority AND r.next_attempt < me.next_attempt AND {RecipientRow.WaitingOfR}
          WHERE me.id = ? LIMIT 10000)
        """;

    private const string StateCounts = "SELECT state, count FROM state_count WHERE count > 0";

    private const string LeasedByKey = """
        SELECT queue_key, count(*) FROM recipient INDEXED BY recipient_leased WHERE state = 2 GROUP BY queue_key
        """;

    private const string BusiestKeys = """
        SELECT queue_key, sum(waiting), sum(held), min(next_due) FROM queue_lane
        GROUP BY queue_key ORDER BY sum(waiting) + sum(held) DESC, queue_key LIMIT ?
        """;

    private const string OneKey = """
        SELECT queue_key, sum(waiting), sum(held), min(next_due) FROM queue_lane WHERE queue_key = ? GROUP BY queue_key
        """;

    public const string OldestOpen = """
        SELECT accepted_at FROM message INDEXED BY message_finished WHERE finished_at IS NULL ORDER BY accepted_at LIMIT 1
        """;

    private const string FileReferenced = "SELECT 1 FROM content INDEXED BY content_file WHERE file_name = ?";

    public static IReadOnlyList<DueLane> DueLanes(SqliteConnection connection, DateTimeOffset dueBy, DueLane? after, int limit)
    {
        var lanes = new List<DueLane>();
        using var query = connection.Use(DueLanesSql)
            .Bind(dueBy)
            .Bind(after?.NextDue ?? DateTimeOffset.MinValue)
            .Bind(after?.QueueKey ?? string.Empty)
            .Bind(after?.Lane.Flow.Id ?? -1)
            .Bind(limit);
        while (query.Read())
        {
            lanes.Add(new DueLane(new QueueLane(query.Text(0), LaneRow.ReadFlow(query, 2)), query.Time(1)));
        }

        return lanes;
    }

    public static MessageDetails? Find(SqliteConnection connection, QueueId id)
    {
        using var query = connection.Use(FindMessage).Bind(id.ToBytes());
        if (!query.Read())
        {
            return null;
        }

        const int At = MessageRow.Count;
        var message = MessageRow.Read(query, 0);
        return new MessageDetails
        {
            Message = message,
            HasContent = query.Bool(At),
            Variants = Variants(connection, query.Int64(At + 1), query.Int64(At + 2)),
            Recipients = Recipients(connection, id, query.Int64(At + 3), query.Int64(At + 4)),
        };
    }

    public static IReadOnlyDictionary<QueueId, QueuedMessage> Facts(SqliteConnection connection, IReadOnlyCollection<QueueId> ids)
    {
        var facts = new Dictionary<QueueId, QueuedMessage>(ids.Count);
        foreach (var id in ids)
        {
            using var query = connection.Use(FindFacts).Bind(id.ToBytes());
            if (query.Read())
            {
                facts[id] = MessageRow.Read(query, 0);
            }
        }

        return facts;
    }

    public static int CountAhead(SqliteConnection connection, long recipientId)
    {
        using var query = connection.Use(Ahead).Bind(recipientId);
        return query.Read() ? query.Int32(0) : 0;
    }

    public static QueueSummary Summary(SqliteConnection connection, int maxKeys)
    {
        var leased = Leased(connection);
        var byState = new Dictionary<RecipientState, long>();
        using (var query = connection.Use(StateCounts))
        {
            while (query.Read())
            {
                byState[(RecipientState)query.Int32(0)] = query.Int64(1);
            }
        }

        if (leased.Count > 0)
        {
            byState[RecipientState.Leased] = leased.Values.Sum();
        }

        using var oldest = connection.Use(OldestOpen);
        return new QueueSummary(byState, Busiest(connection, leased, maxKeys)) { OldestOpen = oldest.Read() ? oldest.Time(0) : null };
    }

    public static bool IsFileReferenced(SqliteConnection connection, string fileName)
    {
        using var query = connection.Use(FileReferenced).Bind(fileName);
        return query.Read();
    }

    private static List<Variant> Variants(SqliteConnection connection, long first, long count)
    {
        var variants = new List<Variant>();
        using var query = connection.Use(FindVariants).Bind(first).Bind(first + count);
        while (query.Read())
        {
            variants.Add(VariantRow.Read(query, 0));
        }

        return variants;
    }

    private static List<QueuedRecipient> Recipients(SqliteConnection connection, QueueId id, long first, long count)
    {
        var recipients = new List<QueuedRecipient>();
        using var query = connection.Use(FindRecipients).Bind(first).Bind(first + count);
        while (query.Read())
        {
            recipients.Add(RecipientRow.Read(query, 0, id));
        }

        return recipients;
    }

    private static Dictionary<string, long> Leased(SqliteConnection connection)
    {
        var leased = new Dictionary<string, long>(StringComparer.Ordinal);
        using var query = connection.Use(LeasedByKey);
        while (query.Read())
        {
            leased.Add(query.Text(0), query.Int64(1));
        }

        return leased;
    }

    // A key among the busiest is either one of those with leased recipients or one of the busiest without counting them.
    private static List<KeySummary> Busiest(SqliteConnection connection, Dictionary<string, long> leased, int maxKeys)
    {
        var keys = new Dictionary<string, KeySummary>(StringComparer.Ordinal);
        using (var query = connection.Use(BusiestKeys).Bind(maxKeys))
        {
            AddKeys(query, leased, keys);
        }

        foreach (var (key, count) in leased)
        {
            using var query = connection.Use(OneKey).Bind(key);
            AddKeys(query, leased, keys);
            keys.TryAdd(key, new KeySummary(key, 0, count, 0, null));
        }

        return [.. keys.Values
            .OrderByDescending(key => key.Waiting + key.Leased + key.Held)
            .ThenBy(key => key.QueueKey, StringComparer.Ordinal)
            .Take(maxKeys)];
    }

    private static void AddKeys(SqliteStatement query, Dictionary<string, long> leased, Dictionary<string, KeySummary> keys)
    {
        while (query.Read())
        {
            var key = query.Text(0);
            keys[key] = new KeySummary(key, query.Int64(1), leased.GetValueOrDefault(key), query.Int64(2), query.NullableTime(3));
        }
    }
}
