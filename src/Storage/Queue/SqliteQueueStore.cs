using Relay.Platform.Emails;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>The queue in relay.db: which work runs in which lane. The work itself stands in the classes beside this one.</summary>
internal sealed class SqliteQueueStore : IQueueStore, IEventOutbox, IQueueAges, IFinishedMail, ILateOutcomes
{
    private const int PieceRows = 1_000;
    private const int EnvelopeBytes = 2_048;

    private readonly RelayDatabase _database;
    private readonly ISpool _spool;
    private readonly TimeProvider _time;
    private readonly EnqueueWork _enqueue;
    private readonly LeaseWork _lease;
    private readonly SettleWork _settle;
    private readonly ActWork _act;
    private readonly BringForwardWork _bringForward;
    private readonly LateWork _late;
    private readonly ScheduleWork _schedule;
    private readonly OutboxRows _outbox;
    private readonly RetentionWork _retention;

    /// <param name="retention">What is kept of finished mail.</param>
    public SqliteQueueStore(RelayDatabase database, ISpool spool, RetentionOptions? retention, TimeProvider time)
    {
        _database = database;
        _spool = spool;
        _time = time;
        var leases = new LeaseNumbers(database.Epoch);
        var outbox = new OutboxRows(database.Ids, database.Ledger);
        var progress = new MessageProgress(retention);
        _enqueue = new EnqueueWork(database.Ids, leases, database.Ledger, outbox);
        _lease = new LeaseWork(leases, database.Ledger, time);
        _settle = new SettleWork(_enqueue, progress, database.Ledger, outbox, time);
        _late = new LateWork(_enqueue, database.Ledger, outbox, time);
        _act = new ActWork(progress, database.Ledger, outbox, time);
        _bringForward = new BringForwardWork(database.Ledger, time);
        _schedule = new ScheduleWork(progress, database.Ledger, outbox, time);
        _outbox = outbox;
        _retention = new RetentionWork(database.Ledger, time);
    }

    /// <summary>While it is held the outbox is not pruned.</summary>
    public DeletionPause? Pause { get; init; }

    public event Action<QueueLane, DateTimeOffset>? LaneDue
    {
        add => _database.Ledger.LaneDue += value;
        remove => _database.Ledger.LaneDue -= value;
    }

    public event Action? EventsAdded
    {
        add => _database.Ledger.EventsAdded += value;
        remove => _database.Ledger.EventsAdded -= value;
    }

    public StoreHealth Health => _database.Writer.Health;

    /// <summary>
    /// Returns what earlier epochs had leased to the queue, but for recipients whose hand-over is noted; before anything else is served. How
    /// many recipients it was.
    /// </summary>
    public async Task<int> RecoverAsync(HandoffNotes notes)
    {
        var recovered = 0;
        var kept = new HashSet<long>();
        int found;
        do
        {
            found = await WriteAsync(WriterLane.Mail, 0, connection => _lease.ReturnEarlier(connection, PieceRows, notes, kept));
            recovered += found;
        }
        while (found == PieceRows);
        return recovered;
    }

    /// <summary>What <see cref="RecoverAsync"/> left leased.</summary>
    public ValueTask<IReadOnlyList<DeliveryTask>> KeptTasksAsync(CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => LeaseWork.ReadKept(connection, _database.Epoch), cancellationToken);

    public async ValueTask<IReadOnlyList<DeliveryTask>> EnqueueAsync(IReadOnlyList<MessageDraft> drafts)
    {
        EnqueueWork.Check(drafts);
        return await _database.Writer.RunPromptAsync(SizeOf(drafts), connection => _enqueue.Store(connection, drafts, mayLease: true), isRepeatable: true);
    }

    /// <summary>The same together with rows of another store, in one transaction.</summary>
    public async ValueTask<IReadOnlyList<DeliveryTask>> EnqueueAsync(
        IReadOnlyList<MessageDraft> drafts, int sizeBytes, Action<SqliteConnection> writeRows)
    {
        EnqueueWork.Check(drafts);
        return await _database.Writer.RunPromptAsync(
            (int)Math.Min((long)SizeOf(drafts) + sizeBytes, int.MaxValue),
            connection =>
            {
                writeRows(connection);
                return _enqueue.Store(connection, drafts, mayLease: true);
            },
            isRepeatable: false);
    }

    public async ValueTask<IReadOnlyList<DeliveryTask>> LeaseDueAsync(QueueLane lane, int maxRecipients, CancellationToken cancellationToken) =>
        await _database.Writer.RunAsync(
            WriterLane.Mail, 0, connection => _lease.LeaseDue(connection, lane, maxRecipients), cancellationToken);

    public async ValueTask<bool> SettleAsync(Settlement settlement)
    {
        SettleWork.Check(settlement);
        return await _database.Writer.RunRepeatableAsync(
            WriterLane.Outcome, SizeOf(settlement.Reports), connection => _settle.Settle(connection, settlement));
    }

    public async ValueTask ReturnLeaseAsync(DeliveryTask task, DateTimeOffset? notBefore) =>
        await WriteAsync(WriterLane.Mail, 0, connection => _lease.Return(connection, task, notBefore));

    public ValueTask<IReadOnlyList<DueLane>> DueLanesAsync(DateTimeOffset dueBy, DueLane? after, int limit, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => QueueReads.DueLanes(connection, dueBy, after, limit), cancellationToken);

    public ValueTask<QueueActionResult> ApplyAsync(QueueAction action, QueueCriteria criteria, CancellationToken cancellationToken) =>
        ApplyAsync(action, criteria, static _ => ValueTask.CompletedTask, cancellationToken);

    public async ValueTask<QueueActionResult> ApplyAsync(
        QueueAction action, QueueCriteria criteria, Func<QueueActionResult, ValueTask> progress, CancellationToken cancellationToken)
    {
        if (!criteria.HasCondition)
        {
            throw new ArgumentException("An act needs a condition, or to say that it means all.", nameof(criteria));
        }

        var lane = criteria.MessageId is null && criteria.RecipientId is null ? WriterLane.Bulk : WriterLane.Interactive;
        var affected = 0;
        var skipped = 0;
        using var snapshot = await _database.Readers.OpenSnapshotAsync(cancellationToken);
        using var candidates = snapshot.Read(connection => ActWork.OpenCandidates(connection, criteria), cancellationToken);
        while (snapshot.Read(_ => ReadPiece(candidates), cancellationToken) is { Count: > 0 } piece)
        {
            var result = await _database.Writer.RunAsync(
                lane, 0, connection => _act.Apply(connection, action, criteria, piece), cancellationToken);
            affected += result.Affected;
            skipped += result.SkippedLeased;
            await progress(new QueueActionResult(affected, skipped));
        }

        return new QueueActionResult(affected, skipped);
    }

    public async ValueTask<int> BringForwardAsync(string queueKey, int limit, CancellationToken cancellationToken) =>
        await _database.Writer.RunAsync(
            WriterLane.Bulk, 0, connection => _bringForward.BringForward(connection, queueKey, Math.Clamp(limit, 1, PieceRows)), cancellationToken);

    public async ValueTask<bool> RescheduleAsync(QueueId id, DateTimeOffset notBefore, DateTimeOffset expiresAt, string actor) =>
        await WriteAsync(WriterLane.Interactive, 0, connection => _schedule.Reschedule(connection, id, notBefore, expiresAt, actor));

    public async ValueTask<bool> WithdrawAsync(QueueId id, string actor) =>
        await WriteAsync(WriterLane.Interactive, 0, connection => _schedule.Withdraw(connection, id, actor));

    public ValueTask<IReadOnlyDictionary<QueueId, QueuedMessage>> FactsAsync(
        IReadOnlyCollection<QueueId> ids, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => QueueReads.Facts(connection, ids), cancellationToken);

    public ValueTask<MessageDetails?> FindAsync(QueueId id, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => QueueReads.Find(connection, id), cancellationToken);

    public ValueTask<int> CountAheadAsync(long recipientId, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => QueueReads.CountAhead(connection, recipientId), cancellationToken);

    public ValueTask<QueuePage> ListAsync(QueueFilter filter, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => QueueListing.List(connection, filter), cancellationToken);

    public ValueTask<QueueSummary> SummaryAsync(int maxKeys, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => QueueReads.Summary(connection, maxKeys), cancellationToken);

    public ValueTask<IReadOnlyList<QueueAgeRow>> AgesAsync(QueueGrouping grouping, int maxRows, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => QueueAgeReads.Read(connection, grouping, maxRows, _time.GetUtcNow()), cancellationToken);

    public async ValueTask<bool> DeleteAsync(QueueId id, CancellationToken cancellationToken) =>
        await DeleteAsync(WriterLane.Interactive, connection => _retention.DeleteOne(connection, id), cancellationToken) > 0;

    public async ValueTask<int> DeleteCapturedAsync(CancellationToken cancellationToken) => await DeleteAsync(_retention.DeleteCaptured, cancellationToken);

    public async ValueTask<int> ApplyRetentionAsync(RetentionRules rules, CancellationToken cancellationToken)
    {
        var now = _time.GetUtcNow();
        var deleted = 0;
        deleted += await DeleteAsync(c => _retention.DeleteContents(c, ContentClass.Smtp, now - rules.ContentSmtp), cancellationToken);
        deleted += await DeleteAsync(c => _retention.DeleteContents(c, ContentClass.Http, now - rules.ContentHttp), cancellationToken);
        deleted += await DeleteAsync(c => _retention.DeleteContents(c, ContentClass.Captured, now - rules.ContentCaptured), cancellationToken);
        deleted += await DeleteAsync(c => _retention.DeleteContents(c, ContentClass.Erased, now), cancellationToken);
        deleted += await DeleteAsync(c => _retention.DeleteMessages(c, now - rules.Messages), cancellationToken);
        await DeleteAsync(c => RetentionWork.DeleteIdempotency(c, now - IdempotencyEntry.Lifetime), cancellationToken);
        return deleted;
    }

    public ValueTask<bool> IsFileReferencedAsync(string fileName, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => QueueReads.IsFileReferenced(connection, fileName), cancellationToken);

    public async ValueTask<IReadOnlyList<DeliveryEvent>> ReadAsync(long after, int limit, CancellationToken cancellationToken)
    {
        var held = _database.RecentEvents.Find(after, limit, out var edition);
        if (held.Count > 0)
        {
            return held;
        }

        var read = await _database.Readers.ReadAsync(connection => OutboxRows.Read(connection, after, limit), cancellationToken);
        _database.RecentEvents.Add(after, read, edition);
        return read;
    }

    public async ValueTask<int> RecordLateAsync(LateOutcome outcome)
    {
        EnqueueWork.Check(outcome.Reports);
        return await WriteAsync(WriterLane.Interactive, SizeOf(outcome.Reports), connection => _late.Record(connection, outcome));
    }

    public ValueTask<QueueId?> FindByMessageIdAsync(
        string messageId, DateTimeOffset from, DateTimeOffset to, int maxLooked, CancellationToken cancellationToken) =>
        _database.Readers.ReadAsync(connection => LateWork.Find(connection, messageId, from, to, maxLooked), cancellationToken);

    public async ValueTask AppendAsync(IReadOnlyList<DeliveryEvent> events) =>
        await WriteAsync(
            WriterLane.Interactive,
            0,
            connection =>
            {
                foreach (var added in events)
                {
                    _outbox.Add(connection, added);
                }

                return true;
            });

    public async ValueTask<bool> PruneAsync(long through, CancellationToken cancellationToken)
    {
        if (Pause is { IsHeld: true })
        {
            return false;
        }

        int deleted;
        do
        {
            deleted = await _database.Writer.RunAsync(
                WriterLane.Bulk, 0, connection => OutboxRows.Prune(connection, through, PieceRows), cancellationToken);
        }
        while (deleted == PieceRows);
        _database.RecentEvents.Prune(through);
        return true;
    }

    private static int SizeOf(IReadOnlyList<MessageDraft> drafts)
    {
        long size = 0;
        foreach (var draft in drafts)
        {
            size += EnvelopeBytes + draft.Contents().Sum(content => (long)(content.Inline?.Length ?? 0));
        }

        return (int)Math.Min(size, int.MaxValue);
    }

    private static List<long> ReadPiece(SqliteStatement candidates)
    {
        var piece = new List<long>();
        while (piece.Count < PieceRows && candidates.Read())
        {
            piece.Add(candidates.Int64(0));
        }

        return piece;
    }

    // Mail in motion is not withdrawn once handed in: it finishes or fails.
    private Task<T> WriteAsync<T>(WriterLane lane, int sizeBytes, Func<SqliteConnection, T> work) =>
        _database.Writer.RunAsync(lane, sizeBytes, work, CancellationToken.None);

    private Task<int> DeleteAsync(Func<SqliteConnection, RetentionWork.Piece> delete, CancellationToken cancellationToken) =>
        DeleteAsync(WriterLane.Bulk, delete, cancellationToken);

    private async Task<int> DeleteAsync(WriterLane lane, Func<SqliteConnection, RetentionWork.Piece> delete, CancellationToken cancellationToken)
    {
        var deleted = 0;
        RetentionWork.Piece piece;
        do
        {
            piece = await _database.Writer.RunAsync(lane, 0, delete, cancellationToken);
            deleted += piece.Contents;

            // The rows that named the files are gone for good; a crash here leaves files for the sweep, never rows without their file.
            foreach (var file in piece.Files)
            {
                await _spool.DeleteFileAsync(file, CancellationToken.None);
            }
        }
        while (piece.HasMore);
        return deleted;
    }
}
