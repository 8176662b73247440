using Relay.Queue;

namespace Relay.Storage;

/// <summary>Keeps the summaries of the queue exact: counts by key and state, the earliest due time of each key.</summary>
/// <remarks>
/// Units report what entered and left; the sums are written once per group, so a thousand settles of one key cost one row.
/// Leased recipients are few and counted by their index, so mail that is delivered at once touches no summary of a key.
/// </remarks>
internal sealed class QueueLedger(IdAllocator ids) : ICommitParticipant
{
    private const string SelectKey = "SELECT waiting, held, next_due FROM queue_key WHERE queue_key = ?";

    private const string UpsertKey = """
        INSERT INTO queue_key (queue_key, waiting, held, next_due) VALUES (?, ?, ?, ?)
        ON CONFLICT (queue_key) DO UPDATE SET waiting = excluded.waiting, held = excluded.held, next_due = excluded.next_due
        """;

    private const string DeleteKey = "DELETE FROM queue_key WHERE queue_key = ?";

    private const string UpsertState = """
        INSERT INTO state_count (state, count) VALUES (?, ?)
        ON CONFLICT (state) DO UPDATE SET count = count + excluded.count
        """;

    public const string EarliestOfPriority = """
        SELECT next_attempt FROM recipient INDEXED BY recipient_waiting
        WHERE queue_key = ? AND priority = ? AND state IN (0, 1, 3) ORDER BY next_attempt LIMIT 1
        """;

    private readonly Changes _unit = new();
    private readonly Changes _group = new();
    private readonly List<(string Key, long Due)> _due = [];

    /// <summary>After a commit, for each key that got or kept waiting recipients.</summary>
    public event Action<string, DateTimeOffset>? KeyDue;

    /// <summary>After a commit that added events.</summary>
    public event Action? EventsAdded;

    /// <summary>A recipient is now in this state.</summary>
    public void Enter(string key, RecipientState state, DateTimeOffset nextAttempt)
    {
        if (state == RecipientState.Leased)
        {
            return;
        }

        _unit.States[(int)state]++;
        if (state.IsWaiting())
        {
            var change = _unit.Key(key);
            change.Waiting++;
            change.EarliestAdded = Math.Min(change.EarliestAdded, nextAttempt.ToUnixTimeMilliseconds());
        }
        else if (state == RecipientState.Held)
        {
            _unit.Key(key).Held++;
        }
    }

    /// <summary>A recipient is no longer in this state.</summary>
    public void Leave(string key, RecipientState state)
    {
        if (state == RecipientState.Leased)
        {
            return;
        }

        _unit.States[(int)state]--;
        if (state.IsWaiting())
        {
            var change = _unit.Key(key);
            change.Waiting--;
            change.LeftWaiting = true;
        }
        else if (state == RecipientState.Held)
        {
            _unit.Key(key).Held--;
        }
    }

    /// <summary>Final rows deleted by retention.</summary>
    public void Forget(RecipientState state, int count) => _unit.States[(int)state] -= count;

    public void EventAdded() => _unit.HasEvents = true;

    public void KeepUnit()
    {
        _group.Add(_unit);
        _unit.Clear();
    }

    public void DropUnit() => _unit.Clear();

    public void BeforeCommit(SqliteConnection connection)
    {
        ids.BeforeCommit(connection);
        foreach (var (key, change) in _group.Keys)
        {
            WriteKey(connection, key, change);
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
        var hasEvents = _group.HasEvents;
        _group.Clear();
        foreach (var (key, due) in _due)
        {
            KeyDue?.Invoke(key, DateTimeOffset.FromUnixTimeMilliseconds(due));
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

    private void WriteKey(SqliteConnection connection, string key, KeyChange change)
    {
        long waiting = 0, held = 0;
        long? nextDue = null;
        using (var select = connection.Use(SelectKey).Bind(key))
        {
            if (select.Read())
            {
                waiting = select.Int64(0);
                held = select.Int64(1);
                nextDue = select.NullableInt64(2);
            }
        }

        waiting += change.Waiting;
        held += change.Held;
        if (waiting == 0 && held == 0)
        {
            connection.Use(DeleteKey).Bind(key).Run();
            return;
        }

        nextDue = waiting == 0 ? null
            : change.LeftWaiting ? Earliest(connection, key)
            : Math.Min(nextDue ?? long.MaxValue, change.EarliestAdded);
        connection.Use(UpsertKey).Bind(key).Bind(waiting).Bind(held).Bind(nextDue).Run();
        if (nextDue is { } due && due != long.MaxValue)
        {
            _due.Add((key, due));
        }
    }

    private static long? Earliest(SqliteConnection connection, string key)
    {
        long? earliest = null;
        for (var priority = MessagePriority.High; priority <= MessagePriority.Low; priority++)
        {
            using var query = connection.Use(EarliestOfPriority).Bind(key).Bind((long)priority);
            if (query.Read())
            {
                earliest = Math.Min(earliest ?? long.MaxValue, query.Int64(0));
            }
        }

        return earliest;
    }

    private sealed class KeyChange
    {
        public long Waiting { get; set; }

        public long Held { get; set; }

        /// <summary>The stored time may be too early now and is looked up again.</summary>
        public bool LeftWaiting { get; set; }

        public long EarliestAdded { get; set; } = long.MaxValue;

        public void Add(KeyChange other)
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

        public Dictionary<string, KeyChange> Keys { get; } = new(StringComparer.Ordinal);

        public long[] States { get; } = new long[StateValues];

        public bool HasEvents { get; set; }

        public KeyChange Key(string key)
        {
            if (!Keys.TryGetValue(key, out var change))
            {
                change = new KeyChange();
                Keys.Add(key, change);
            }

            return change;
        }

        public void Add(Changes other)
        {
            foreach (var (key, change) in other.Keys)
            {
                Key(key).Add(change);
            }

            for (var state = 0; state < StateValues; state++)
            {
                States[state] += other.States[state];
            }

            HasEvents |= other.HasEvents;
        }

        public void Clear()
        {
            Keys.Clear();
            Array.Clear(States);
            HasEvents = false;
        }
    }
}
