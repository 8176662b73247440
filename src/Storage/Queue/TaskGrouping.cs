using Relay.Queue;

namespace Relay.Storage;

/// <summary>Groups leased recipients into tasks by variant and queue key, at most 100 each, in the order they come.</summary>
internal sealed class TaskGrouping(LeaseNumbers leases)
{
    private const int MaxRecipients = 100;

    private readonly List<Group> _groups = [];
    private readonly Dictionary<(long VariantId, string QueueKey), Group> _open = [];

    /// <summary>The lease under which the recipient goes.</summary>
    public LeaseToken Add(QueuedRecipient recipient)
    {
        var key = (recipient.VariantId, recipient.QueueKey);
        if (!_open.TryGetValue(key, out var group) || group.Recipients.Count == MaxRecipients)
        {
            group = new Group(leases.Next());
            _groups.Add(group);
            _open[key] = group;
        }

        group.Recipients.Add(recipient);
        return group.Lease;
    }

    /// <param name="source">Message, variant and, where it is in memory, content of a variant.</param>
    public IReadOnlyList<DeliveryTask> Build(Func<long, TaskSource> source)
    {
        if (_groups.Count == 0)
        {
            return [];
        }

        var tasks = new DeliveryTask[_groups.Count];
        for (var i = 0; i < tasks.Length; i++)
        {
            var group = _groups[i];
            var first = group.Recipients[0];
            var (message, variant, content) = source(first.VariantId);
            tasks[i] = new DeliveryTask
            {
                Lease = group.Lease,
                Message = message,
                Variant = variant,
                QueueKey = first.QueueKey,
                Recipients = group.Recipients,
                Content = content,
            };
        }

        return tasks;
    }

    private sealed record Group(LeaseToken Lease)
    {
        public List<QueuedRecipient> Recipients { get; } = [];
    }
}

internal readonly record struct TaskSource(QueuedMessage Message, Variant Variant, ReadOnlyMemory<byte>? Content);

/// <summary>Numbers the leases of this epoch. On the writer's thread only.</summary>
internal sealed class LeaseNumbers(long epoch)
{
    private long _next = 1;

    public LeaseToken Next() => new(epoch, _next++);
}
