using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>The only writer of one database file.</summary>
/// <remarks>
/// 1. Take what waits in the lanes (<see cref="WriterSleep"/>), bounded by count and bytes. 2. Run each unit in its own savepoint; one that fails is rolled back alone.
/// A savepoint has SQLite copy each page before it changes, so units of mail that can be run again go without, until one of them fails.
/// 3. Let the participant write what the units have in common. 4. Commit: one sync for all; only a failed commit fails all.
/// 5. Complete the callers. 6. Have the WAL checkpointed when it has grown, truncate it when idle (<see cref="WriterUpkeep"/>).
/// The thread is its own because it blocks on the disk. Where it rests, whoever hands in mail (<see cref="RunPromptAsync"/>) does the same in its place: the two changes of
/// thread on the way there and back would cost as much as the commit.
/// </remarks>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const string Begin = "BEGIN IMMEDIATE";
    private const string Commit = "COMMIT";
    private const string Rollback = "ROLLBACK";
    private const string Savepoint = "SAVEPOINT unit";
    private const string Release = "RELEASE unit";
    private const string RollbackUnit = "ROLLBACK TO unit";

    private static readonly TimeSpan TickInterval = TimeSpan.FromSeconds(1);

    private readonly WriterOptions _options;
    private readonly SqliteConnection _connection;
    private readonly ICommitParticipant? _participant;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly StorageMetrics _metrics;
    private readonly WriterLanes _lanes = new();
    private readonly WriterSleep _sleep;
    private readonly WriterUpkeep _upkeep;
    private readonly TaskCompletionSource _stoppedSource = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Held by the thread that is writing: the connection and all that follows belong to it.
    private readonly Lock _turn = new();
    private readonly List<WriterUnit> _group = [];
    private readonly List<WriterUnit> _done = [];
    private readonly ITimer _ticker;
    private long? _outcomesWrittenAt;
    private long _mailWrittenAt;
    private volatile bool _isMailLikely;
    private volatile bool _tick;
    private volatile bool _stopping;
    private volatile bool _stopped;

    /// <summary>Takes over the migrated connection and starts the thread.</summary>
    public SqliteWriter(
        WriterOptions options, SqliteConnection connection, ICommitParticipant? participant, TimeProvider time, ILogger logger, StorageMetrics metrics)
    {
        _options = options;
        _connection = connection;
        _participant = participant;
        _time = time;
        _logger = logger;
        _metrics = metrics;
        _sleep = new WriterSleep(_lanes, options.OutcomePatience);
        _upkeep = new WriterUpkeep(options, connection, logger, metrics);
        _ticker = time.CreateTimer(static state => ((SqliteWriter)state!).Tick(), this, TickInterval, Timeout.InfiniteTimeSpan);
        new Thread(Loop) { IsBackground = true, Name = "storage-writer-" + options.Name }.Start();
    }

    /// <summary>Cheap; never touches the disk.</summary>
    public StoreHealth Health => _upkeep.Health.Current;

    /// <summary>Runs the work in its own savepoint; the result comes when it is durable.</summary>
    /// <param name="sizeBytes">Roughly what it adds to the database.</param>
    /// <param name="cancellationToken">Withdraws the work as long as it has not begun.</param>
    /// <exception cref="StoreUnavailableException">Nothing of it happened.</exception>
    public Task<T> RunAsync<T>(WriterLane lane, int sizeBytes, Func<SqliteConnection, T> work, CancellationToken cancellationToken) =>
        Add(lane, new WriterUnit<T>(sizeBytes, work, cancellationToken));

    /// <summary>The same for work that changes nothing but the database: it may run twice, the first time in vain.</summary>
    /// <exception cref="StoreUnavailableException">Nothing of it happened.</exception>
    public Task<T> RunRepeatableAsync<T>(WriterLane lane, int sizeBytes, Func<SqliteConnection, T> work) =>
        Add(lane, new WriterUnit<T>(sizeBytes, work, CancellationToken.None) { IsRepeatable = true });

    /// <summary>The same for mail that somebody waits for: where nothing else waits and nobody is writing, the caller's thread writes it, blocked for one commit and what upkeep comes due behind it.</summary>
    /// <exception cref="StoreUnavailableException">Nothing of it happened.</exception>
    public Task<T> RunPromptAsync<T>(int sizeBytes, Func<SqliteConnection, T> work, bool isRepeatable)
    {
        var unit = new WriterUnit<T>(sizeBytes, work, CancellationToken.None) { IsRepeatable = isRepeatable };
        if (_stopping || _lanes.IsUrgent || !_turn.TryEnter())
        {
            return Add(WriterLane.Mail, unit);
        }

        try
        {
            if (!_stopped)
            {
                _lanes.Add(WriterLane.Mail, unit);
                WriteGroup();
            }
        }
        finally
        {
            _turn.Exit();
        }

        if (_stopped)
        {
            unit.Fail(Closed());
        }
        else if (!_lanes.IsEmpty)
        {
            _sleep.Added(_lanes.IsUrgent ? WriterLane.Mail : WriterLane.Outcome);
        }

        return unit.Task;
    }

    private Task<T> Add<T>(WriterLane lane, WriterUnit<T> unit)
    {
        if (_stopping)
        {
            unit.Fail(Closed());
            return unit.Task;
        }

        _lanes.Add(lane, unit);
        _sleep.Added(lane);
        if (_stopped)
        {
            FailWaiting();
        }

        return unit.Task;
    }

    /// <summary>Finishes what waits, moves the whole WAL into the database and closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _stopping = true;
        _sleep.Interrupt();
        await _ticker.DisposeAsync();
        await _stoppedSource.Task;
        _sleep.Dispose();
    }

    private static StoreUnavailableException Closed() => new("The store is closed.");

    private void Tick()
    {
        _tick = true;
        _sleep.Interrupt();
    }

    private void Loop()
    {
        while (!_stopping || !_lanes.IsEmpty)
        {
            Rest();
            lock (_turn)
            {
                TickIfAsked();
                WriteGroup();
            }
        }

        lock (_turn)
        {
            _upkeep.Dispose();
            _connection.Dispose();
            _stopped = true;
        }

        FailWaiting();
        _stoppedSource.SetResult();
    }

    private void Rest()
    {
        var wasMailLikely = _isMailLikely;
        _sleep.Wait(wasMailLikely && !_stopping);
        if (!wasMailLikely && _isMailLikely && !_stopping)
        {
            // Somebody else wrote mail meanwhile; its outcomes wait for company as behind a group of this thread.
            _sleep.Wait(isMailLikely: true);
        }
    }

    private void WriteGroup()
    {
        TakeGroup();
        if (_group.Count > 0)
        {
            CommitGroup();
            _group.Clear();
            _upkeep.CheckpointIfDue();
        }
    }

    private void TakeGroup()
    {
        var outcomesDue = _outcomesWrittenAt is not { } last || _time.GetElapsedTime(last) >= _options.OutcomeSpacing;
        var taken = _lanes.TakeGroup(_group, _options.MaxGroupUnits, _options.MaxGroupBytes, outcomesDue);
        if (taken.HasOutcomes)
        {
            _outcomesWrittenAt = _time.GetTimestamp();
        }

        if (taken.HasMail)
        {
            _mailWrittenAt = _time.GetTimestamp();
        }

        _isMailLikely = taken.HasMail || (_isMailLikely && _time.GetElapsedTime(_mailWrittenAt) < _options.OutcomePatience);
    }

    private void TickIfAsked()
    {
        if (_tick)
        {
            _tick = false;
            _upkeep.Tick();
            _ticker.Change(TickInterval, Timeout.InfiniteTimeSpan);
        }
    }

    private void FailWaiting()
    {
        var rest = new List<WriterUnit>();
        do
        {
            rest.Clear();
            _lanes.TakeGroup(rest, int.MaxValue, int.MaxValue, outcomesDue: true);
            rest.ForEach(unit => unit.Fail(Closed()));
        }
        while (rest.Count > 0);
    }

    private void CommitGroup()
    {
        var start = _time.GetTimestamp();
        try
        {
            _connection.Use(Begin).Run();
            if (!TryRunTogether())
            {
                RunUnits();
            }

            if (_done.Count > 0)
            {
                _participant?.BeforeCommit(_connection);
            }

            _connection.Use(_done.Count > 0 ? Commit : Rollback).Run();
            CompleteGroup(start);
        }
#pragma warning disable CA1031 // The thread serves all callers: whatever went wrong fails this group and the next one gets its chance.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            FailGroup(exception);
        }
        finally
        {
            _done.Clear();
        }
    }

    /// <summary>Without savepoints.</summary>
    /// <returns>False when that cannot be done, or a unit failed; then nothing has happened in the transaction that is open.</returns>
    private bool TryRunTogether()
    {
        if (!_group.TrueForAll(static unit => unit.IsRepeatable))
        {
            return false;
        }

        try
        {
            foreach (var unit in _group)
            {
                unit.Execute(_connection);
                _participant?.KeepUnit();
                _done.Add(unit);
            }

            return true;
        }
#pragma warning disable CA1031 // Whose failure it is, and what it is, the units show when each runs by itself.
        catch (Exception) when (_connection.InTransaction)
#pragma warning restore CA1031
        {
            _connection.ResetStatements();
            _connection.Use(Rollback).Run();
            _participant?.RolledBack();
            _done.Clear();
            _connection.Use(Begin).Run();
            return false;
        }
    }

    private void RunUnits()
    {
        foreach (var unit in _group)
        {
            if (unit.CancellationToken.IsCancellationRequested)
            {
                unit.Cancel();
                continue;
            }

            _connection.Use(Savepoint).Run();
            try
            {
                unit.Execute(_connection);
                _connection.Use(Release).Run();
            }
#pragma warning disable CA1031 // Any failure is the unit's own and goes to its caller.
            catch (Exception exception) when (_connection.InTransaction)
#pragma warning restore CA1031
            {
                DropUnit(unit, exception);
                continue;
            }

            _participant?.KeepUnit();
            _done.Add(unit);
        }
    }

    private void DropUnit(WriterUnit unit, Exception exception)
    {
        _connection.ResetStatements();
        _connection.Use(RollbackUnit).Run();
        _connection.Use(Release).Run();
        _participant?.DropUnit();
        NoteFault(exception);
        unit.Fail(Translate(exception));
    }

    private void CompleteGroup(long start)
    {
        if (_done.Count == 0)
        {
            _participant?.RolledBack();
            return;
        }

        _upkeep.Committed();
        _metrics.Committed(_options.Name, _done.Count, _time.GetElapsedTime(start));
        try
        {
            _participant?.Committed();
        }
#pragma warning disable CA1031 // The group is durable: a listener's fault must not make it look lost.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            StorageLog.ListenerFailed(_logger, exception);
        }

        foreach (var unit in _done)
        {
            unit.Complete();
        }
    }

    private void FailGroup(Exception exception)
    {
        try
        {
            _connection.ResetStatements();
            if (_connection.InTransaction)
            {
                _connection.Use(Rollback).Run();
            }
        }
        catch (SqliteException rollback)
        {
            // SQLite rolls back by itself when the connection is next used; the caller's exception is the one that tells why.
            StorageLog.RollbackFailed(_logger, _options.Name, rollback);
        }

        _participant?.RolledBack();
        StorageLog.CommitFailed(_logger, _options.Name, _group.Count, exception);
        _metrics.CommitFailed(_options.Name);
        _upkeep.Health.Fault($"The last commit to {_options.Name}.db failed: {exception.Message}");
        var unavailable = Unavailable(exception);
        foreach (var unit in _group)
        {
            unit.Fail(unavailable);
        }
    }

    private void NoteFault(Exception exception)
    {
        if (exception is SqliteException { IsMediumFault: true })
        {
            _upkeep.Health.Fault($"{_options.Name}.db cannot be written: {exception.Message}");
        }
    }

    private StoreUnavailableException Unavailable(Exception exception) =>
        new($"{_options.Name}.db could not store it: {exception.Message}", exception);

    private Exception Translate(Exception exception) => exception is SqliteException ? Unavailable(exception) : exception;
}
