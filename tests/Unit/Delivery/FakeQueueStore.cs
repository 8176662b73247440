using Relay.Queue;

namespace Relay.Tests.Unit;

/// <summary>Hands out tasks by key and remembers what was settled and given back.</summary>
internal sealed class FakeQueueStore : IQueueStore
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Queue<DeliveryTask>> _tasks = new(StringComparer.Ordinal);
    private readonly List<(int Count, TaskCompletionSource Reached)> _awaited = [];

    public event Action<QueueLane, DateTimeOffset>? LaneDue;

    public List<Settlement> Settled { get; } = [];

    public List<(DeliveryTask Task, DateTimeOffset? NotBefore)> Returned { get; } = [];

    /// <summary>Keys in the order in which something was leased for them.</summary>
    public List<string> LeaseOrder { get; } = [];

    /// <summary>Deferred recipients by key that may be brought forward.</summary>
    public Dictionary<string, int> Deferred { get; } = [];

    public List<(string Key, int Moved)> BroughtForward { get; } = [];

    /// <summary>How many of the next settles fail because the store is away.</summary>
    /// <summary>The next look at due lanes meets it.</summary>
    public Exception? ScanTrouble { get; set; }

    public int FailingSettles { get; set; }

    public bool IsStale { get; set; }

    public StoreHealth Health => StoreHealth.Healthy;

    public void Add(string key, params IEnumerable<DeliveryTask> tasks)
    {
        lock (_gate)
        {
            if (!_tasks.TryGetValue(key, out var waiting))
            {
                _tasks[key] = waiting = new Queue<DeliveryTask>();
            }

            foreach (var task in tasks)
            {
                waiting.Enqueue(task);
            }
        }
    }

    public void Signal(string key, DateTimeOffset due) => LaneDue?.Invoke(QueueLane.Of(key), due);

    /// <summary>Completes when so many settles and returns have happened.</summary>
    public Task EndedAsync(int count)
    {
        lock (_gate)
        {
            var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((count, reached));
            Check();
            return reached.Task.WaitAsync(TimeSpan.FromSeconds(30));
        }
    }

    public ValueTask<IReadOnlyList<DeliveryTask>> LeaseDueAsync(QueueLane lane, int maxRecipients, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var leased = new List<DeliveryTask>();
            while (leased.Count < maxRecipients && _tasks.TryGetValue(lane.Key, out var waiting) && waiting.TryDequeue(out var task))
            {
                leased.Add(task);
            }

            if (leased.Count > 0)
            {
                LeaseOrder.Add(lane.Key);
            }

            return ValueTask.FromResult<IReadOnlyList<DeliveryTask>>(leased);
        }
    }

    public ValueTask<bool> SettleAsync(Settlement settlement)
    {
        lock (_gate)
        {
            if (FailingSettles > 0)
            {
                FailingSettles--;
                throw new StoreUnavailableException("away");
            }

            if (!IsStale)
            {
                Settled.Add(settlement);
            }

            Check();
            return ValueTask.FromResult(!IsStale);
        }
    }

    public ValueTask ReturnLeaseAsync(DeliveryTask task, DateTimeOffset? notBefore)
    {
        lock (_gate)
        {
            Returned.Add((task, notBefore));
            Check();
            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<IReadOnlyList<DueLane>> DueLanesAsync(DateTimeOffset dueBy, DueLane? after, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (ScanTrouble is { } trouble)
            {
                ScanTrouble = null;
                throw trouble;
            }

            return ValueTask.FromResult<IReadOnlyList<DueLane>>(
                _tasks.Where(t => t.Value.Count > 0 && string.CompareOrdinal(t.Key, after?.QueueKey) > 0)
                    .OrderBy(t => t.Key, StringComparer.Ordinal)
                    .Select(t => new DueLane(QueueLane.Of(t.Key), DateTimeOffset.MinValue))
                    .Take(limit)
                    .ToList());
        }
    }

    public ValueTask<IReadOnlyList<DeliveryTask>> EnqueueAsync(IReadOnlyList<MessageDraft> drafts) => throw new NotSupportedException();

    public ValueTask<QueueActionResult> ApplyAsync(QueueAction action, QueueCriteria criteria, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<int> BringForwardAsync(string queueKey, int limit, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            var moved = Math.Min(limit, Deferred.GetValueOrDefault(queueKey));
            Deferred[queueKey] = Deferred.GetValueOrDefault(queueKey) - moved;
            BroughtForward.Add((queueKey, moved));
            return ValueTask.FromResult(moved);
        }
    }

    public ValueTask<bool> RescheduleAsync(QueueId id, DateTimeOffset notBefore, DateTimeOffset expiresAt, string actor) => throw new NotSupportedException();

    public ValueTask<bool> WithdrawAsync(QueueId id, string actor) => throw new NotSupportedException();

    public ValueTask<IReadOnlyDictionary<QueueId, QueuedMessage>> FactsAsync(IReadOnlyCollection<QueueId> ids, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    public ValueTask<MessageDetails?> FindAsync(QueueId id, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<int> CountAheadAsync(long recipientId, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<QueuePage> ListAsync(QueueFilter filter, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<QueueSummary> SummaryAsync(int maxKeys, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<int> ApplyRetentionAsync(RetentionRules rules, CancellationToken cancellationToken) => throw new NotSupportedException();

    public ValueTask<bool> IsFileReferencedAsync(string fileName, CancellationToken cancellationToken) => throw new NotSupportedException();

    private void Check()
    {
        foreach (var (count, reached) in _awaited)
        {
            if (Settled.Count + Returned.Count >= count)
            {
                reached.TrySetResult();
            }
        }
    }
}
