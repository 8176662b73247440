namespace Relay.Queue;

/// <summary>Durable recipients and their states. Thread safe. Every method that changes state returns only when the change is durable.</summary>
/// <remarks>
/// Contract (proven by <c>QueueStoreContract</c>):
/// opening the store starts a new epoch and returns recipients leased by earlier epochs to Ready, attempts unchanged;
/// state and event change in one transaction; a settle under a stale token changes nothing;
/// <see cref="LaneDue"/> is raised after the commit for every lane that got or kept waiting recipients.
/// </remarks>
public interface IQueueStore
{
    /// <summary>Stores the drafts with content, recipients and events in one transaction: all or none.</summary>
    /// <returns>The tasks of recipients born leased, content in memory where it is inline.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was stored.</exception>
    ValueTask<IReadOnlyList<DeliveryTask>> EnqueueAsync(IReadOnlyList<MessageDraft> drafts);

    /// <summary>
    /// Leases due recipients (waiting state, next attempt reached) of one lane in order of priority, then next attempt, grouped by variant
    /// into tasks of at most 100 recipients.
    /// </summary>
    ValueTask<IReadOnlyList<DeliveryTask>> LeaseDueAsync(QueueLane lane, int maxRecipients, CancellationToken cancellationToken);

    /// <summary>Records outcomes: states, events, a stored signature and reports to be enqueued, in one transaction.</summary>
    /// <returns>False when the lease is stale; then nothing was changed.</returns>
    ValueTask<bool> SettleAsync(Settlement settlement);

    /// <summary>
    /// Gives leased recipients back with their attempts unchanged: Deferred when they had any, else Ready. Without
    /// <paramref name="notBefore"/> they keep their time, and with it their place.
    /// </summary>
    ValueTask ReturnLeaseAsync(DeliveryTask task, DateTimeOffset? notBefore);

    /// <summary>
    /// Lanes with waiting recipients, earliest due first, then by key and flow, at most <paramref name="limit"/>; read from the summary
    /// table, never from the recipients.
    /// </summary>
    /// <param name="after">The last lane of an earlier page; null from the beginning. A lane that moves in between raises <see cref="LaneDue"/>.</param>
    ValueTask<IReadOnlyList<DueLane>> DueLanesAsync(DateTimeOffset dueBy, DueLane? after, int limit, CancellationToken cancellationToken);

    /// <summary>
    /// Applies an operator's act to matching recipients that are neither leased nor final; each gets its event. Candidates come from one
    /// snapshot; large acts are applied in pieces, each in a transaction of its own.
    /// </summary>
    ValueTask<QueueActionResult> ApplyAsync(QueueAction action, QueueCriteria criteria, CancellationToken cancellationToken);

    /// <summary>Makes deferred recipients of one key due now, those with the next turn first, attempts unchanged.</summary>
    /// <param name="limit">At most so many in one act, 1–1,000: the caller goes on while as many were moved.</param>
    /// <returns>How many were moved.</returns>
    ValueTask<int> BringForwardAsync(string queueKey, int limit, CancellationToken cancellationToken);

    /// <summary>The same, telling after each piece how much is done so far.</summary>
    async ValueTask<QueueActionResult> ApplyAsync(
        QueueAction action, QueueCriteria criteria, Func<QueueActionResult, ValueTask> progress, CancellationToken cancellationToken)
    {
        var result = await ApplyAsync(action, criteria, cancellationToken);
        await progress(result);
        return result;
    }

    /// <summary>
    /// Moves a message that waits for its not-before time to another one. All or nothing: when any open recipient is beyond
    /// <see cref="RecipientState.Scheduled"/>, or none is open, nothing changes.
    /// </summary>
    /// <returns>False when it was too late, or there is no such message.</returns>
    ValueTask<bool> RescheduleAsync(QueueId id, DateTimeOffset notBefore, DateTimeOffset expiresAt, string actor);

    /// <summary>Cancels a message of which nothing has been attempted: every open recipient is Scheduled. All or nothing.</summary>
    /// <returns>False when it was too late, or there is no such message.</returns>
    ValueTask<bool> WithdrawAsync(QueueId id, string actor);

    /// <summary>The facts of the messages that are still known, without recipients and content.</summary>
    ValueTask<IReadOnlyDictionary<QueueId, QueuedMessage>> FactsAsync(IReadOnlyCollection<QueueId> ids, CancellationToken cancellationToken);

    ValueTask<MessageDetails?> FindAsync(QueueId id, CancellationToken cancellationToken);

    /// <summary>Waiting recipients of the same lane and priority that are due before this one; counts to 10,000 and no further.</summary>
    ValueTask<int> CountAheadAsync(long recipientId, CancellationToken cancellationToken);

    /// <summary>Recipients that match, newest message first, with the message's facts.</summary>
    ValueTask<QueuePage> ListAsync(QueueFilter filter, CancellationToken cancellationToken);

    /// <summary>Recipients by state, in total and for the busiest keys.</summary>
    ValueTask<QueueSummary> SummaryAsync(int maxKeys, CancellationToken cancellationToken);

    /// <summary>Deletes released content and old final messages in small pieces; returns how many messages lost their content.</summary>
    ValueTask<int> ApplyRetentionAsync(RetentionRules rules, CancellationToken cancellationToken);

    /// <summary>True when a content row names this spool file.</summary>
    ValueTask<bool> IsFileReferencedAsync(string fileName, CancellationToken cancellationToken);

    /// <summary>Raised after a commit: the lane has recipients due at the given instant. Handlers must be quick and must not throw.</summary>
    event Action<QueueLane, DateTimeOffset>? LaneDue;

    /// <summary>Cheap; never touches the disk.</summary>
    StoreHealth Health { get; }
}

/// <summary>The store cannot do its work now; what was asked has not happened.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : Exception(message, inner);

/// <param name="NextDue">When its earliest waiting recipient is due (a lower bound).</param>
public sealed record DueLane(QueueLane Lane, DateTimeOffset NextDue)
{
    public string QueueKey => Lane.Key;
}
