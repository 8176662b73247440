using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Of the queue in memory: who is due, and who has it.</summary>
public sealed partial class MemoryQueueStore
{
    public ValueTask<IReadOnlyList<DeliveryTask>> LeaseDueAsync(QueueLane lane, int maxRecipients, CancellationToken cancellationToken) =>
        Change<IReadOnlyList<DeliveryTask>>(() =>
        {
            var now = time.GetUtcNow();
            var due = Rows.Where(row => row.Lane == lane && row.Recipient.State.IsWaiting() && row.Recipient.NextAttempt <= now)
                .OrderBy(row => row.Message.Message.Priority)
                .ThenBy(row => row.Recipient.NextAttempt)
                .ThenBy(row => row.Recipient.Id)
                .Take(maxRecipients)
                .ToList();
            foreach (var row in due)
            {
                row.Recipient = row.Recipient with { State = RecipientState.Leased, UpdatedAt = now };
                _touched.Add(lane);
            }

            return MakeTasks(due, withContent: false);
        });

    public async ValueTask ReturnLeaseAsync(DeliveryTask task, DateTimeOffset? notBefore) =>
        await Change(() =>
        {
            var now = time.GetUtcNow();
            foreach (var row in task.Recipients.Select(recipient => Find(recipient.Id)).Where(row => row?.Lease == task.Lease).OfType<Row>())
            {
                row.Lease = null;
                row.Recipient = row.Recipient with
                {
                    State = row.Recipient.Attempts > 0 ? RecipientState.Deferred : RecipientState.Ready,
                    NextAttempt = notBefore ?? (row.Recipient.NextAttempt < now ? row.Recipient.NextAttempt : now),
                    UpdatedAt = now,
                };
                _touched.Add(row.Lane);
            }

            return true;
        });

    public ValueTask<IReadOnlyList<DueLane>> DueLanesAsync(DateTimeOffset dueBy, DueLane? after, int limit, CancellationToken cancellationToken) =>
        Query<IReadOnlyList<DueLane>>(() =>
        [
            .. Rows.Where(row => row.Recipient.State.IsWaiting())
                .GroupBy(row => row.Lane)
                .Select(group => new DueLane(group.Key, group.Min(row => row.Recipient.NextAttempt)))
                .Where(key => key.NextDue <= dueBy)
                .Where(key => after is null || Compare(key, after) > 0)
                .Order(Comparer<DueLane>.Create(Compare))
                .Take(limit),
        ]);

    public ValueTask<int> BringForwardAsync(string queueKey, int limit, CancellationToken cancellationToken) => Change(() =>
    {
        var now = time.GetUtcNow();
        var rows = Rows.Where(row => row.Recipient.QueueKey == queueKey && row.Recipient.State == RecipientState.Deferred && row.Recipient.NextAttempt > now)
            .OrderBy(row => row.Message.Message.Priority)
            .ThenBy(row => row.Recipient.NextAttempt)
            .Take(limit)
            .ToList();
        foreach (var row in rows)
        {
            row.Recipient = row.Recipient with { NextAttempt = now, UpdatedAt = now };
            _touched.Add(row.Lane);
        }

        return rows.Count;
    });

    private static int Compare(DueLane left, DueLane right) => left.NextDue != right.NextDue
        ? left.NextDue.CompareTo(right.NextDue)
        : string.CompareOrdinal(left.QueueKey, right.QueueKey) is not 0 and var byKey ? byKey
        : left.Lane.Flow.Id.CompareTo(right.Lane.Flow.Id);

    private List<DeliveryTask> MakeTasks(List<Row> leased, bool withContent)
    {
        var tasks = new List<DeliveryTask>();
        foreach (var group in leased.GroupBy(row => (row.Recipient.VariantId, row.Recipient.QueueKey)))
        {
            foreach (var rows in group.Chunk(MaxTaskRecipients))
            {
                var lease = new LeaseToken(_epoch, _nextLease++);
                Array.ForEach(rows, row => row.Lease = lease);
                var message = rows[0].Message;
                var taskVariant = message.Variants.Single(variant => variant.Id == group.Key.VariantId);
                tasks.Add(new DeliveryTask
                {
                    Lease = lease,
                    Message = message.Message,
                    Variant = taskVariant,
                    QueueKey = group.Key.QueueKey,
                    Recipients = [.. rows.Select(row => row.Recipient)],
                    Content = withContent ? message.Inline(taskVariant.Content.Id) : null,
                });
            }
        }

        return tasks;
    }
}
