using Relay.Mail;
using Relay.Queue;

namespace Relay.Bench.Simulation;

/// <summary>A queue of many recipients in little memory: one row each, heaps of what waits by key and priority.</summary>
/// <remarks>Messages have one recipient each, as campaigns with variants do; they are made when they are leased.</remarks>
internal sealed class SimulatedQueue : IQueueStore
{
    /// <summary>Whose mail it is, by priority: sign-ins, notices, a campaign.</summary>
    private static readonly QueueFlow[] Flows =
    [
        new QueueFlow(1, null, MailStream.Transactional, null),
        new QueueFlow(1, null, MailStream.Transactional, "notices"),
        new QueueFlow(1, null, MailStream.Broadcast, "campaign"),
    ];

    private static readonly Comparer<(long Due, string Key, int Class)> ByDue = Comparer<(long Due, string Key, int Class)>.Create(static (a, b) =>
        a.Due != b.Due ? a.Due.CompareTo(b.Due) : a.Key != b.Key ? string.CompareOrdinal(a.Key, b.Key) : a.Class.CompareTo(b.Class));

    private static readonly byte[] Content = "Subject: simulated\r\n\r\nHello.\r\n"u8.ToArray();

    private readonly EventLoop _time;
    private readonly TimeSpan _expireAfter;
    private readonly Row[] _rows;
    private readonly Dictionary<QueueLane, Waiting> _waiting = [];
    private readonly SortedSet<(long Due, string Key, int Class)> _byDue = new(ByDue);

    public SimulatedQueue(int recipients, TimeSpan expireAfter, EventLoop time)
    {
        _rows = new Row[recipients];
        _expireAfter = expireAfter;
        _time = time;
    }

    public event Action<QueueLane, DateTimeOffset>? LaneDue;

    public StoreHealth Health => StoreHealth.Healthy;

    /// <summary>Recipients not final yet.</summary>
    public int Open { get; private set; }

    public ReadOnlySpan<Row> Rows => _rows;

    public void Add(int id, string key, MessagePriority priority)
    {
        ref var row = ref _rows[id];
        row = new Row { Key = key, Priority = priority, State = RecipientState.Ready, AcceptedAt = _time.Now.UtcTicks, Due = _time.Now.UtcTicks };
        Open++;
        Wait(id);
        Tell(LaneOf(row));
    }

    public Row Find(long id) => _rows[id - 1];

    public ValueTask<IReadOnlyList<DeliveryTask>> LeaseDueAsync(QueueLane lane, int maxRecipients, CancellationToken cancellationToken)
    {
        var tasks = new List<DeliveryTask>();
        if (_waiting.TryGetValue(lane, out var waiting))
        {
            var now = _time.Now.UtcTicks;
            while (tasks.Count < maxRecipients && waiting.Heap.TryPeek(out var id, out var due) && due <= now)
            {
                waiting.Heap.Dequeue();
                if (IsCurrent(id, due))
                {
                    _rows[id].State = RecipientState.Leased;
                    tasks.Add(NewTask(id));
                }
            }

            Tell(lane);
        }

        return ValueTask.FromResult<IReadOnlyList<DeliveryTask>>(tasks);
    }

    public ValueTask<bool> SettleAsync(Settlement settlement)
    {
        foreach (var recipient in settlement.Recipients)
        {
            var id = (int)recipient.RecipientId - 1;
            ref var row = ref _rows[id];
            row.FirstAttempt = row.FirstAttempt == 0 ? _time.Now.UtcTicks : row.FirstAttempt;
            row.State = recipient.State;
            row.Attempts = (short)recipient.Attempts;
            if (recipient.State.IsFinal())
            {
                row.FinishedAt = _time.Now.UtcTicks;
                Open--;
                continue;
            }

            row.Due = recipient.NextAttempt!.Value.UtcTicks;
            Wait(id);
            Tell(LaneOf(row));
        }

        return ValueTask.FromResult(true);
    }

    public ValueTask ReturnLeaseAsync(DeliveryTask task, DateTimeOffset? notBefore)
    {
        foreach (var recipient in task.Recipients)
        {
            var id = (int)recipient.Id - 1;
            ref var row = ref _rows[id];
            row.State = row.Attempts > 0 ? RecipientState.Deferred : RecipientState.Ready;
            row.Due = notBefore?.UtcTicks ?? Math.Min(row.Due, _time.Now.UtcTicks);
            Wait(id);
            Tell(LaneOf(row));
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<int> BringForwardAsync(string queueKey, int limit, CancellationToken cancellationToken)
    {
        var moved = 0;
        var now = _time.Now.UtcTicks;
        foreach (var lane in Flows.Select(flow => new QueueLane(queueKey, flow)).Where(_waiting.ContainsKey))
        {
            var heap = _waiting[lane].Heap;
            foreach (var (id, due) in heap.UnorderedItems.Where(item => item.Priority > now).OrderBy(item => (item.Priority, item.Element)).Take(limit - moved).ToList())
            {
                if (IsCurrent(id, due) && _rows[id].State == RecipientState.Deferred)
                {
                    // The old entry stays in the heap and is skipped when it comes up.
                    _rows[id].Due = now;
                    heap.Enqueue(id, now);
                    moved++;
                }
            }

            Tell(lane);
        }

        return ValueTask.FromResult(moved);
    }

    public ValueTask<IReadOnlyList<DueLane>> DueLanesAsync(DateTimeOffset dueBy, DueLane? after, int limit, CancellationToken cancellationToken)
    {
        (long, string, int)? last = after is null ? null : (after.NextDue.UtcTicks, after.QueueKey, Array.IndexOf(Flows, after.Lane.Flow));
        return ValueTask.FromResult<IReadOnlyList<DueLane>>(
        [
            .. _byDue.SkipWhile(entry => last is { } seen && ByDue.Compare(entry, seen) <= 0)
                .TakeWhile(entry => entry.Due <= dueBy.UtcTicks)
                .Take(limit)
                .Select(entry => new DueLane(new QueueLane(entry.Key, Flows[entry.Class]), new DateTimeOffset(entry.Due, TimeSpan.Zero))),
        ]);
    }

    public ValueTask<IReadOnlyList<DeliveryTask>> EnqueueAsync(IReadOnlyList<MessageDraft> drafts) => throw new NotSupportedException("messages are added row by row");

    public ValueTask<QueueActionResult> ApplyAsync(QueueAction action, QueueCriteria criteria, CancellationToken cancellationToken) => throw NoOperator();

    public ValueTask<bool> RescheduleAsync(QueueId id, DateTimeOffset notBefore, DateTimeOffset expiresAt, string actor) => throw NoOperator();

    public ValueTask<bool> WithdrawAsync(QueueId id, string actor) => throw NoOperator();

    public ValueTask<IReadOnlyDictionary<QueueId, QueuedMessage>> FactsAsync(IReadOnlyCollection<QueueId> ids, CancellationToken cancellationToken) => throw NoOperator();

    public ValueTask<MessageDetails?> FindAsync(QueueId id, CancellationToken cancellationToken) => throw NoOperator();

    public ValueTask<int> CountAheadAsync(long recipientId, CancellationToken cancellationToken) => throw NoOperator();

    public ValueTask<QueuePage> ListAsync(QueueFilter filter, CancellationToken cancellationToken) => throw NoOperator();

    public ValueTask<QueueSummary> SummaryAsync(int maxKeys, CancellationToken cancellationToken) => throw NoOperator();

    public ValueTask<int> ApplyRetentionAsync(RetentionRules rules, CancellationToken cancellationToken) => throw NoOperator();

    public ValueTask<bool> IsFileReferencedAsync(string fileName, CancellationToken cancellationToken) => throw NoOperator();

    private static NotSupportedException NoOperator() => new("nobody steers a simulation");

    private bool IsCurrent(int id, long due) => _rows[id].State.IsWaiting() && _rows[id].Due == due;

    private static QueueLane LaneOf(Row row) => new(row.Key, Flows[(int)row.Priority]);

    private void Wait(int id)
    {
        var lane = LaneOf(_rows[id]);
        if (!_waiting.TryGetValue(lane, out var waiting))
        {
            _waiting[lane] = waiting = new Waiting((int)_rows[id].Priority);
        }

        waiting.Heap.Enqueue(id, _rows[id].Due);
    }

    /// <summary>Keeps the order of lanes by their earliest row, and tells the engine.</summary>
    private void Tell(QueueLane lane)
    {
        var waiting = _waiting[lane];
        long? earliest = null;
        while (earliest is null && waiting.Heap.TryPeek(out var id, out var due))
        {
            if (IsCurrent(id, due))
            {
                earliest = due;
            }
            else
            {
                waiting.Heap.Dequeue();
            }
        }

        if (waiting.Earliest != earliest)
        {
            _ = waiting.Earliest is { } old && _byDue.Remove((old, lane.Key, waiting.Class));
            _ = earliest is { } now && _byDue.Add((now, lane.Key, waiting.Class));
            waiting.Earliest = earliest;
        }

        if (earliest is { } at)
        {
            LaneDue?.Invoke(lane, new DateTimeOffset(at, TimeSpan.Zero));
        }
    }

    private DeliveryTask NewTask(int id)
    {
        ref var row = ref _rows[id];
        var (key, flow) = (row.Key, Flows[(int)row.Priority]);
        var acceptedAt = new DateTimeOffset(row.AcceptedAt, TimeSpan.Zero);
        var messageId = QueueId.New(acceptedAt);
        return new DeliveryTask
        {
            Lease = new LeaseToken(1, id + 1),
            Message = new QueuedMessage
            {
                Id = messageId,
                Door = Door.Smtp,
                AcceptedAt = acceptedAt,
                ExpiresAt = acceptedAt + _expireAfter,
                ReversePath = ReversePath.Null,
                SizeBytes = Content.Length,
                Priority = row.Priority,
                AccountId = flow.AccountId,
                Stream = flow.Stream,
                Tags = flow.Tag is { } tag ? [tag] : [],
            },
            Variant = new Variant { Id = id + 1, Content = new ContentReference(1, Content.Length, Content.Length, null), Prefix = ReadOnlyMemory<byte>.Empty },
            QueueKey = key,
            Recipients =
            [
                new QueuedRecipient
                {
                    Id = id + 1,
                    MessageId = messageId,
                    VariantId = id + 1,
                    Address = Mailbox.Parse(FormattableString.Invariant($"r{id}@{key}")),
                    QueueKey = key,
                    State = RecipientState.Leased,
                    Attempts = row.Attempts,
                },
            ],
            Content = Content,
        };
    }

    /// <summary>One recipient. Times in ticks.</summary>
    internal struct Row
    {
        public string Key;
        public MessagePriority Priority;
        public RecipientState State;
        public short Attempts;
        public long AcceptedAt;
        public long Due;
        public long FirstAttempt;
        public long FinishedAt;
    }

    private sealed class Waiting(int @class)
    {
        public PriorityQueue<int, long> Heap { get; } = new();

        public int Class { get; } = @class;

        public long? Earliest { get; set; }
    }
}
