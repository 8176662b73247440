namespace Relay.Storage;

/// <summary>
/// Moves the write-ahead log into the database file beside the writer, on a thread and a connection of its own: copying and syncing megabytes takes
/// longer than somebody who waits for a commit should notice.
/// </summary>
/// <remarks>
/// What the writer appends during a pass stays in the log, so under steady load the log would never begin anew; its last piece is the writer's
/// (<see cref="WriterUpkeep"/>). SQLite before 3.51.3 could corrupt the log when a checkpoint met a reset. All members but the thread's loop are for
/// the thread that is writing.
/// </remarks>
internal sealed class Checkpointer(string path, string name) : IDisposable
{
    private readonly SemaphoreSlim _asked = new(0);
    private readonly ManualResetEventSlim _atRest = new(true, spinCount: 0);
    private volatile CheckpointPass? _finished;
    private volatile bool _stopping;
    private Thread? _thread;

    public bool IsBusy { get; private set; }

    /// <summary>Begins a pass, unless one is going on or its result has not been taken.</summary>
    public bool TryStart()
    {
        if (IsBusy)
        {
            return false;
        }

        IsBusy = true;
        _atRest.Reset();
        if (_thread is null)
        {
            _thread = new Thread(Loop) { IsBackground = true, Name = "storage-checkpoint-" + name };
            _thread.Start();
        }

        _asked.Release();
        return true;
    }

    /// <summary>Until no pass is going on.</summary>
    public void Wait() => _atRest.Wait();

    /// <summary>The result of a pass that has ended, once.</summary>
    public CheckpointPass? TakeResult()
    {
        if (_finished is not { } finished)
        {
            return null;
        }

        _finished = null;
        IsBusy = false;
        return finished;
    }

    /// <summary>Waits for the pass that is going on.</summary>
    public void Dispose()
    {
        _stopping = true;
        _asked.Release();
        _thread?.Join();
        _asked.Dispose();
        _atRest.Dispose();
    }

    private void Loop()
    {
        SqliteConnection? connection = null;
        while (true)
        {
            _asked.Wait();
            if (_stopping)
            {
                connection?.Dispose();
                return;
            }

            _finished = Pass(ref connection);
            _atRest.Set();
        }
    }

    private CheckpointPass Pass(ref SqliteConnection? connection)
    {
        try
        {
            connection ??= SqliteConnection.OpenForCheckpoints(path);
            return connection.Checkpoint(truncate: false);
        }
        catch (SqliteException exception)
        {
            return new CheckpointPass(0, 0, exception);
        }
    }
}

/// <summary>What a checkpoint did.</summary>
/// <param name="LogPages">Pages in the log when it began.</param>
/// <param name="MovedPages">Those of them that are in the database file now.</param>
/// <param name="Fault">It could not write; nothing is lost.</param>
internal sealed record CheckpointPass(int LogPages, int MovedPages, SqliteException? Fault = null)
{
    /// <summary>Another connection was at it.</summary>
    public static readonly CheckpointPass Busy = new(-1, -1);

    public bool IsBusy => LogPages < 0;

    /// <summary>Nothing had to stay, so the next commit begins the log anew if no reader needs it.</summary>
    public bool IsComplete => Fault is null && !IsBusy && MovedPages >= LogPages;
}
