using Relay.Queue;

namespace Relay.Storage;

/// <summary>Keeps the summaries of the queue exact: counts by lane and state, the earliest due time of each lane.</summary>
/// <remarks>
/// Units report what entered and left; the sums are written once per group, so a thousand settles of one lane cost one row.
/// Leased recipients are few and counted by their index, so mail that is delivered at once touches no summary of a lane.
/// </remarks>
internal sealed class QueueLedger(IdAllocator ids, RecentEvents events) : ICommitParticipant
{
    private const string UpsertState = """
        INSERT INTO state_count (state, count) VALUES (?, ?)
        ON CONFLICT (state) DO UPDATE SET count = count + excluded.count
        """;

    public const string EarliestOfPriority = $"""
        SELECT next_attempt FROM recipient INDEXED BY recipient_waiting
        WHERE queue_key = ? AND flow = ? AND priority = ? AND {RecipientRow.Waiting} ORDER BY next_attempt LIMIT 1
        """;

    private readonly Changes _unit = new();
    private readonly Changes _group = new();
    private readonly List<(QueueLane Lane, long Due)> _due = [];

    /// <summary>After a commit, for each lane that got or kept waiting recipients.</summary>
    public event Action<QueueLane, DateTimeOffset>? LaneDue;

    /// <summary>After a commit that added events.</summary>
    public event Action? EventsAdded;

    /// <summary>A recipient is now in this state.</summary>
    public void Enter(LaneKey lane, RecipientState state, DateTimeOffset nextAttempt)
    {
        if (state == RecipientState.Leased)
        {
            return;
        }

        _unit.States[(int)state]++;
        if (state.IsWaiting())
        {
            var change = _unit.Lane(lane);
            change.Waiting++;
            change.EarliestAdded = Math.Min(change.EarliestAdded, nextAttempt.ToUnixTimeMilliseconds());
        }
        else if (state == RecipientState.Held)
        {
            _unit.Lane(lane).Held++;
        }
    }

    /// <summary>A recipient is no longer in this state.</summary>
    public void Leave(LaneKey lane, RecipientState state)
    {
        if (state == RecipientState.Leased)
        {
            return;
        }

        _unit.States[(int)state]--;
        if (state.IsWaiting())
        {
            var change = _unit.Lane(lane);
            change.Waiting--;
            change.LeftWaiting = true;
        }
        else if (state == RecipientState.Held)
        {
            _unit.Lane(lane).Held--;
        }
    }

    /// <summary>Final rows deleted by retention.</summary>
    public void Forget(RecipientState state, int count) => _unit.States[(int)state] -= count;

    /// <param name="numbered">As it is stored.</param>
    public void EventAdded(DeliveryEvent numbered) => _unit.Events.Add(numbered);

    public void KeepUnit()
    {
        _group.Add(_unit);
        _unit.Clear();
    }

    public void DropUnit() => _unit.Clear();

    public void BeforeCommit(SqliteConnection connection)
    {
        ids.BeforeCommit(connection);
        foreach (var (lane, change) in _group.Lanes)
        {
            WriteLane(connection, lane, change);
        }

        for (var state = 0; state < _group.States.Length; state++)
        {
            if (_group.States[state] != 0)
            {
                connection.Use(UpsertState).Bind(state).Bind(_group.States[state]).Run();
            }
        }
    }

    public void Committed()
    {
        ids.Committed();
        var hasEvents = _group.Events.Count > 0;
        if (hasEvents)
        {
            events.Committed(_group.Events);
        }

        _group.Clear();

        foreach (var (lane, due) in _due)
        {
            LaneDue?.Invoke(lane, DateTimeOffset.FromUnixTimeMilliseconds(due));
        }

        _due.Clear();
        if (hasEvents)
        {
            EventsAdded?.Invoke();
        }
    }

    public void RolledBack()
    {
        ids.RolledBack();
        _unit.Clear();
        _group.Clear();
        _due.Clear();
    }

    private void WriteLane(SqliteConnection connection, LaneKey key, LaneChange change)
    {
        var row = LaneRow.Find(connection, key);
        var waiting = row.Waiting + change.Waiting;
        var held = row.Held + change.Held;
        if (waiting == 0 && held == 0)
        {
            LaneRow.Delete(connection, key);
            return;
        }

        var nextDue = waiting == 0 ? null
            : change.LeftWaiting ? Earliest(connection, key)
            : Math.Min(row.NextDue ?? long.MaxValue, change.EarliestAdded);
        var flow = row.Flow ?? (waiting == 0 ? null : LaneRow.FlowOfWaiting(connection, key));
        LaneRow.Write(connection, key, new LaneRow(flow, waiting, held, nextDue));
        if (nextDue is { } due && due != long.MaxValue)
        {
            _due.Add((new QueueLane(key.Key, flow ?? QueueFlow.Stored(key.Flow, 0, null, MailStream.Transactional, null)), due));
        }
    }

    private static long? Earliest(SqliteConnection connection, LaneKey lane)
    {
        long? earliest = null;
        for (var priority = MessagePriority.High; priority <= MessagePriority.Low; priority++)
        {
            using var query = connection.Use(EarliestOfPriority).Bind(lane.Key).Bind(lane.Flow).Bind((long)priority);
            if (query.Read())
            {
                earliest = Math.Min(earliest ?? long.MaxValue, query.Int64(0));
            }
        }

        return earliest;
    }

    private sealed class LaneChange
    {
        public long Waiting { get; set; }

        public long Held { get; set; }

        /// <summary>The stored time may be too early now and is looked up again.</summary>
        public bool LeftWaiting { get; set; }

        public long EarliestAdded { get; set; } = long.MaxValue;

        public void Add(LaneChange other)
        {
            Waiting += other.Waiting;
            Held += other.Held;
            LeftWaiting |= other.LeftWaiting;
            EarliestAdded = Math.Min(EarliestAdded, other.EarliestAdded);
        }
    }

    private sealed class Changes
    {
        private const int StateValues = (int)RecipientState.Captured + 1;

        public Dictionary<LaneKey, LaneChange> Lanes { get; } = [];

        public long[] States { get; } = new long[StateValues];

        public List<DeliveryEvent> Events { get; } = [];

        public LaneChange Lane(LaneKey lane)
        {
            if (!Lanes.TryGetValue(lane, out var change))
            {
                change = new LaneChange();
                Lanes.Add(lane, change);
            }

            return change;
        }

        public void Add(Changes other)
        {
            foreach (var (lane, change) in other.Lanes)
            {
                Lane(lane).Add(change);
            }

            for (var state = 0; state < StateValues; state++)
            {
                States[state] += other.States[state];
            }

            Events.AddRange(other.Events);
        }

        public void Clear()
        {
            Lanes.Clear();
            Array.Clear(States);
            Events.Clear();
        }
    }
}
