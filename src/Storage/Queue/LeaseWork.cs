using Relay.Queue;

namespace Relay.Storage;

/// <summary>Takes due recipients into the hands of this process and gives them back.</summary>
internal sealed class LeaseWork(LeaseNumbers leases, QueueLedger ledger, TimeProvider time)
{
    /// <summary>One of three short scans; its index is named so that no statistics can talk the planner into another plan.</summary>
    public const string DueOfPriority = $"""
        SELECT {RecipientRow.Columns}, m.id FROM recipient r INDEXED BY recipient_waiting CROSS JOIN message m ON m.no = r.message_no
        WHERE r.queue_key = ? AND r.flow = ? AND r.priority = ? AND r.next_attempt <= ? AND {RecipientRow.Waiting}
        ORDER BY r.next_attempt LIMIT ?
        """;

    private const string MarkLeased = "UPDATE recipient SET state = 2, lease_epoch = ?, lease_number = ?, updated_at = ? WHERE id = ?";

    private const string SelectVariant = $"""
        SELECT {MessageRow.Columns}, {VariantRow.Columns} FROM variant v JOIN message m ON m.no = v.message_no WHERE v.id = ?
        """;

    private const string SelectLeased = """
        SELECT attempts, next_attempt, queue_key, flow FROM recipient WHERE id = ? AND state = 2 AND lease_epoch = ? AND lease_number = ?
        """;

    private const string MarkReturned = """
        UPDATE recipient SET state = ?, next_attempt = ?, updated_at = ?, lease_epoch = NULL, lease_number = NULL WHERE id = ?
        """;

    public const string EarlierLeases = """
        SELECT id, queue_key, next_attempt, lease_epoch, lease_number, flow FROM recipient INDEXED BY recipient_leased WHERE state = 2 LIMIT ?
        """;

    private const string KeptTasks = $"""
        SELECT {RecipientRow.Columns}, m.id, r.lease_epoch, r.lease_number
        FROM recipient r INDEXED BY recipient_leased CROSS JOIN message m ON m.no = r.message_no
        WHERE r.state = 2 AND r.lease_epoch < ? ORDER BY r.lease_epoch, r.lease_number, r.id
        """;

    public IReadOnlyList<DeliveryTask> LeaseDue(SqliteConnection connection, QueueLane lane, int maxRecipients)
    {
        var now = time.GetUtcNow();
        var key = new LaneKey(lane.Key, lane.Flow.Id);
        var due = FindDue(connection, key, maxRecipients, now);
        var grouping = new TaskGrouping(leases);
        foreach (var recipient in due)
        {
            var leased = recipient with { State = RecipientState.Leased, UpdatedAt = now };
            var lease = grouping.Add(leased);
            connection.Use(MarkLeased).Bind(lease.Epoch).Bind(lease.Number).Bind(now).Bind(recipient.Id).Run();
            ledger.Leave(key, recipient.State);
        }

        var sources = new Dictionary<long, TaskSource>();
        return grouping.Build(variantId =>
        {
            if (!sources.TryGetValue(variantId, out var source))
            {
                source = ReadSource(connection, variantId);
                sources.Add(variantId, source);
            }

            return source;
        });
    }

    /// <summary>Recipients that are no longer leased under the task's lease are left alone.</summary>
    public bool Return(SqliteConnection connection, DeliveryTask task, DateTimeOffset? notBefore)
    {
        var now = time.GetUtcNow();
        foreach (var recipient in task.Recipients)
        {
            ReturnRecipient(connection, task.Lease, recipient.Id, notBefore, now);
        }

        return true;
    }

    /// <summary>Returns up to <paramref name="limit"/> recipients leased before this opening; how many it found.</summary>
    /// <param name="notes">Recipients whose hand-over had begun stay leased until their outcome is settled.</param>
    /// <param name="kept">Their ids, over all calls.</param>
    public int ReturnEarlier(SqliteConnection connection, int limit, HandoffNotes notes, HashSet<long> kept)
    {
        var now = time.GetUtcNow();
        var found = new List<(long Id, LaneKey Lane, DateTimeOffset NextAttempt)>();
        using (var query = connection.Use(EarlierLeases).Bind(limit + kept.Count))
        {
            while (found.Count < limit && query.Read())
            {
                var id = query.Int64(0);
                if (kept.Contains(id) || notes.Find(new LeaseToken(query.Int64(3), query.Int64(4)), id) is not null)
                {
                    kept.Add(id);
                }
                else
                {
                    found.Add((id, new LaneKey(query.Text(1), query.Int64(5)), query.Time(2)));
                }
            }
        }

        foreach (var (id, lane, nextAttempt) in found)
        {
            Release(connection, id, lane, RecipientState.Ready, Earlier(nextAttempt, now), now);
        }

        return found.Count;
    }

    /// <summary>What <see cref="ReturnEarlier"/> kept, as tasks under the leases they had.</summary>
    public static IReadOnlyList<DeliveryTask> ReadKept(SqliteConnection connection, long epoch)
    {
        var leases = new Dictionary<LeaseToken, List<QueuedRecipient>>();
        using (var query = connection.Use(KeptTasks).Bind(epoch))
        {
            while (query.Read())
            {
                var lease = new LeaseToken(query.Int64(RecipientRow.Count + 1), query.Int64(RecipientRow.Count + 2));
                if (!leases.TryGetValue(lease, out var recipients))
                {
                    leases[lease] = recipients = [];
                }

                recipients.Add(RecipientRow.Read(query, 0, QueueId.FromBytes(query.Blob(RecipientRow.Count))));
            }
        }

        return [.. leases.Select(lease => TaskOf(connection, lease.Key, lease.Value))];
    }

    private static DeliveryTask TaskOf(SqliteConnection connection, LeaseToken lease, List<QueuedRecipient> recipients)
    {
        var (message, variant, content) = ReadSource(connection, recipients[0].VariantId);
        return new DeliveryTask
        {
            Lease = lease,
            Message = message,
            Variant = variant,
            QueueKey = recipients[0].QueueKey,
            Recipients = recipients,
            Content = content,
        };
    }

    private static List<QueuedRecipient> FindDue(SqliteConnection connection, LaneKey lane, int maxRecipients, DateTimeOffset now)
    {
        var due = new List<QueuedRecipient>();
        for (var priority = MessagePriority.High; priority <= MessagePriority.Low && due.Count < maxRecipients; priority++)
        {
            using var query = connection.Use(DueOfPriority).Bind(lane.Key).Bind(lane.Flow).Bind((long)priority).Bind(now).Bind(maxRecipients - due.Count);
            while (query.Read())
            {
                due.Add(RecipientRow.Read(query, 0, QueueId.FromBytes(query.Blob(RecipientRow.Count))));
            }
        }

        return due;
    }

    private static TaskSource ReadSource(SqliteConnection connection, long variantId)
    {
        using var query = connection.Use(SelectVariant).Bind(variantId);
        return query.Read()
            ? new TaskSource(MessageRow.Read(query, 0), VariantRow.Read(query, MessageRow.Count), null)
            : throw new InvalidOperationException("A recipient without its variant.");
    }

    private static DateTimeOffset Earlier(DateTimeOffset left, DateTimeOffset right) => left < right ? left : right;

    private void ReturnRecipient(SqliteConnection connection, LeaseToken lease, long id, DateTimeOffset? notBefore, DateTimeOffset now)
    {
        int attempts;
        DateTimeOffset nextAttempt;
        LaneKey lane;
        using (var query = connection.Use(SelectLeased).Bind(id).Bind(lease.Epoch).Bind(lease.Number))
        {
            if (!query.Read())
            {
                return;
            }

            attempts = query.Int32(0);
            nextAttempt = query.Time(1);
            lane = new LaneKey(query.Text(2), query.Int64(3));
        }

        // What is due at once keeps its old time, and with it its place in the queue.
        var state = attempts > 0 ? RecipientState.Deferred : RecipientState.Ready;
        Release(connection, id, lane, state, notBefore ?? Earlier(nextAttempt, now), now);
    }

    private void Release(
        SqliteConnection connection, long id, LaneKey lane, RecipientState state, DateTimeOffset nextAttempt, DateTimeOffset now)
    {
        connection.Use(MarkReturned).Bind((long)state).Bind(nextAttempt).Bind(now).Bind(id).Run();
        ledger.Enter(lane, state, nextAttempt);
    }
}
