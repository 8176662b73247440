using Microsoft.Extensions.Logging;
using Relay.Delivery;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>The hand-off journal in a file of the data folder.</summary>
/// <remarks>
/// 1. A note is written at once by who makes it: a kill of the process cannot take it back. 2. One thread syncs for all that wait, as
/// many as have come meanwhile. 3. Records of leases that are settled are left out when the file's half is full. 4. A file that failed is never
/// trusted again: the next one is made after a pause, with what is in force; until then <see cref="BeginAsync"/> says no.
/// </remarks>
internal sealed class HandoffJournal : IHandoffJournal, IDisposable
{
    public const string FileName = "handoff.journal";

    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly StorageOptions _options;
    private readonly HandoffNotes _notes;
    private readonly Func<CancellationToken, ValueTask<IReadOnlyList<DeliveryTask>>> _leftTasks;
    private readonly FileSync _sync;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Lock _guard = new();
    private readonly Dictionary<LeaseToken, List<HandoffRecord>> _inForce = [];
    private readonly ManualResetEventSlim _wake = new(false, spinCount: 0);
    private List<TaskCompletionSource<bool>> _waiting = [];
    private HandoffFile? _file;
    private DateTimeOffset _notBefore;
    private int _halfBytes;
    private uint _generation;
    private bool _isStarted;
    private volatile bool _isStopping;

    /// <param name="notes">What <see cref="Read"/> found.</param>
    /// <param name="leftTasks">Tasks of earlier epochs that opening the queue left leased because of these notes.</param>
    public HandoffJournal(
        StorageOptions options,
        HandoffNotes notes,
        Func<CancellationToken, ValueTask<IReadOnlyList<DeliveryTask>>> leftTasks,
        FileSync sync,
        TimeProvider time,
        ILogger logger)
    {
        _path = Path.Combine(options.DataFolder, FileName);
        _options = options;
        _notes = notes;
        _leftTasks = leftTasks;
        _sync = sync;
        _time = time;
        _logger = logger;
        _halfBytes = options.HandoffJournalBytes / 2;
        _generation = notes.Generation;
    }

    /// <summary>What the last process noted; nothing where there was no journal.</summary>
    /// <exception cref="IOException">There is a journal, and it cannot be read.</exception>
    public static HandoffNotes Read(StorageOptions options) => HandoffFile.ReadNotes(Path.Combine(options.DataFolder, FileName));

    public async ValueTask<IReadOnlyList<LeftHandoff>> LeftAsync(CancellationToken cancellationToken) =>
        [.. (await _leftTasks(cancellationToken)).Select(task => new LeftHandoff(task, task.Recipients.ToDictionary(r => r.Id, r => _notes.Find(task.Lease, r.Id)!)))];

    public void Start()
    {
        lock (_guard)
        {
            if (!_options.HandoffJournal)
            {
                File.Delete(_path);
                return;
            }

            _isStarted = true;
            IsReady();
        }

        new Thread(SyncLoop) { IsBackground = true, Name = "storage-handoff" }.Start();
    }

    public async ValueTask<bool> BeginAsync(LeaseToken lease, IReadOnlyList<long> recipients, HandoffPeer peer)
    {
        var record = new HandoffRecord(HandoffMark.Begun, lease, recipients, HandoffNotes.TextOf(peer));
        TaskCompletionSource<bool> synced;
        lock (_guard)
        {
            if (!_isStarted)
            {
                // Off, or not serving: there is no promise to keep.
                return true;
            }

            if (!IsReady() || !TryNote(record))
            {
                return false;
            }

            synced = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add(synced);
        }

        _wake.Set();
        return await synced.Task;
    }

    public void Answered(LeaseToken lease, IReadOnlyList<long> recipients, HandoffAnswer answer)
    {
        lock (_guard)
        {
            // Without its beginning an answer has no meaning.
            if (_file is not null && _inForce.ContainsKey(lease))
            {
                TryNote(new HandoffRecord(answer.IsSent ? HandoffMark.Sent : HandoffMark.NotSent, lease, recipients, HandoffNotes.TextOf(answer.Reply)));
            }
        }
    }

    public void Settled(LeaseToken lease)
    {
        lock (_guard)
        {
            _inForce.Remove(lease);
        }
    }

    public void Dispose()
    {
        _isStopping = true;
        _wake.Set();
        lock (_guard)
        {
            _file?.Dispose();
            _file = null;
            _isStarted = false;
            Complete(_waiting, false);
        }
    }

    private static void Complete(List<TaskCompletionSource<bool>> waiting, bool isDurable)
    {
        foreach (var one in waiting)
        {
            one.TrySetResult(isDurable);
        }

        waiting.Clear();
    }

    /// <summary>Makes the file where there is none, at most every few seconds.</summary>
    private bool IsReady() => _file is not null || (_time.GetUtcNow() >= _notBefore && TryReplace());

    private bool TryNote(HandoffRecord record)
    {
        if (!_inForce.TryGetValue(record.Lease, out var records))
        {
            _inForce[record.Lease] = records = [];
        }

        records.Add(record);
        try
        {
            return _file!.TryAppend(record) || _file.TryTurn(InForce()) || TryGrow();
        }
        catch (IOException trouble)
        {
            Fail(trouble);
            return false;
        }
    }

    private bool TryGrow()
    {
        _halfBytes *= 2;
        return TryReplace();
    }

    private bool TryReplace()
    {
        try
        {
            _generation = (_file?.Generation ?? _generation) + 1;
            var file = HandoffFile.Create(_path, _halfBytes, _generation, InForce(), _sync);
            _file?.Dispose();
            _file = file;
            return true;
        }
        catch (Exception trouble) when (trouble is IOException or UnauthorizedAccessException)
        {
            Fail(trouble);
            return false;
        }
    }

    private IEnumerable<HandoffRecord> InForce() => _inForce.Values.SelectMany(records => records);

    private void Fail(Exception trouble)
    {
        StorageLog.HandoffJournalFailed(_logger, trouble);
        _generation = _file?.Generation ?? _generation;
        _file?.Dispose();
        _file = null;
        _notBefore = _time.GetUtcNow() + PauseAfterFailure;
        Complete(_waiting, false);
    }

    private void SyncLoop()
    {
        var syncing = new List<TaskCompletionSource<bool>>();
        while (!_isStopping)
        {
            _wake.Wait();
            _wake.Reset();
            HandoffFile? file;
            lock (_guard)
            {
                file = _file;
                (syncing, _waiting) = (_waiting, syncing);
            }

            if (syncing.Count > 0)
            {
                Complete(syncing, file is not null && Sync(file));
            }
        }
    }

    // A file that was replaced meanwhile was synced with all that is in force, so its own trouble does not matter any more.
    private bool Sync(HandoffFile file)
    {
        try
        {
            file.Sync();
            return true;
        }
        catch (Exception trouble) when (trouble is IOException or ObjectDisposedException)
        {
            lock (_guard)
            {
                if (ReferenceEquals(_file, file))
                {
                    Fail(trouble);
                }

                return _file is not null;
            }
        }
    }
}
