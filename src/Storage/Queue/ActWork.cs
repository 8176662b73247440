using System.Text;
using Relay.Queue;

namespace Relay.Storage;

/// <summary>Operators' acts on recipients.</summary>
/// <remarks>
/// 1. Name the candidates from one snapshot, in pieces: rows that arrive later are not meant, and none is met twice.
/// 2. Each piece looks again at every candidate in its own transaction, because delivery goes on meanwhile.
/// </remarks>
internal sealed class ActWork(MessageProgress progress, QueueLedger ledger, OutboxRows outbox, TimeProvider time)
{
    private const string SelectRecipient = """
        SELECT r.state, r.queue_key, r.next_attempt, r.address, r.message_no, m.id, m.account_id, r.flow, m.not_before
        FROM recipient r JOIN message m ON m.no = r.message_no WHERE r.id = ?
        """;

    private const string UpdateKey = "UPDATE recipient SET queue_key = ? WHERE id = ?";

    private const string UpdateRecipient = "UPDATE recipient SET state = ?, next_attempt = ?, updated_at = ?, notify = notify | ? WHERE id = ?";

    /// <summary>Opens the query that names the candidates, leased ones included.</summary>
    public static SqliteStatement OpenCandidates(SqliteConnection connection, QueueCriteria criteria)
    {
        var byMessage = criteria.MessageId is not null || criteria.RecipientId is not null;
        var query = connection.UseOnce(byMessage ? MessageCandidates(criteria) : QueueCandidates(criteria));
        for (var part = byMessage ? 3 : 1; part <= 3; part++)
        {
            BindConditions(query, criteria);
        }

        return query;
    }

    public QueueActionResult Apply(SqliteConnection connection, QueueAction action, QueueCriteria criteria, IReadOnlyList<long> recipientIds)
    {
        var affected = 0;
        var skipped = 0;
        var now = time.GetUtcNow();
        foreach (var id in recipientIds)
        {
            if (Find(connection, id) is not { } found)
            {
                continue;
            }

            if (found.State == RecipientState.Leased)
            {
                skipped++;
            }
            else if (NewState(action, found, now) is { } state)
            {
                var key = action == QueueAction.Rebind ? QueueCriteria.RebindKey(found.Lane.Key, criteria.Rebind ?? "domain") : found.Lane.Key;
                Change(connection, found, state, key, Event(action, criteria, found, now), now);
                affected++;
            }
        }

        return new QueueActionResult(affected, skipped);
    }

    private static string MessageCandidates(QueueCriteria criteria) =>
        (criteria.MessageId is null
            ? "SELECT r.id FROM recipient r CROSS JOIN message m ON m.no = r.message_no"
            : "SELECT r.id FROM message m CROSS JOIN recipient r ON r.id >= m.first_recipient AND r.id < m.first_recipient + m.recipient_count")
        + " WHERE r.state < 10" + Conditions(criteria);

    private static string QueueCandidates(QueueCriteria criteria) => string.Join(
        " UNION ALL ",
        Part("recipient_waiting", RecipientRow.Waiting, criteria),
        Part("recipient_held", "r.state = 4", criteria),
        Part("recipient_leased", "r.state = 2", criteria));

    private static string Part(string index, string states, QueueCriteria criteria) =>
        $"SELECT r.id FROM recipient r INDEXED BY {index}"
        + (NeedsMessage(criteria) ? " CROSS JOIN message m ON m.no = r.message_no" : string.Empty)
        + $" WHERE {states}" + Conditions(criteria);

    private static string Conditions(QueueCriteria criteria)
    {
        var sql = new StringBuilder();
        sql.Append(criteria.MessageId is null ? string.Empty : " AND m.id = ?");
        sql.Append(criteria.RecipientId is null ? string.Empty : " AND r.id = ?");
        sql.Append(criteria.QueueKey is null ? string.Empty : " AND r.queue_key >= ? AND r.queue_key < ?");
        sql.Append(criteria.SenderDomain is null ? string.Empty : " AND m.sender_domain = ?");

        // Leased ones are named as well, to be counted.
        sql.Append(criteria.States is null ? string.Empty : $" AND r.state IN (2, {string.Join(", ", criteria.States.Select(state => (int)state))})");
        sql.Append(criteria.AccountId is null ? string.Empty : " AND r.account_id = ?");
        sql.Append(criteria.Tag is null ? string.Empty : " AND json_extract(m.tags, '$[0]') = ?");
        sql.Append(criteria.Stream is null ? string.Empty : " AND m.stream = ?");
        sql.Append(criteria.AcceptedBefore is null ? string.Empty : " AND m.accepted_at < ?");
        sql.Append(criteria.Reply is null ? string.Empty : " AND instr(lower(r.last_reply), lower(?)) > 0");
        return sql.ToString();
    }

    private static void BindConditions(SqliteStatement query, QueueCriteria criteria)
    {
        if (criteria.MessageId is { } messageId)
        {
            query.Bind(messageId.ToBytes());
        }

        if (criteria.RecipientId is { } recipientId)
        {
            query.Bind(recipientId);
        }

        if (criteria.QueueKey is { } queueKey)
        {
            query.Bind(queueKey).Bind(QueueKeyRange.End(queueKey));
        }

        if (criteria.SenderDomain is { } domain)
        {
            query.Bind(domain);
        }

        if (criteria.AccountId is { } accountId)
        {
            query.Bind(accountId);
        }

        if (criteria.Tag is { } tag)
        {
            query.Bind(tag);
        }

        if (criteria.Stream is { } stream)
        {
            query.Bind((long)stream);
        }

        if (criteria.AcceptedBefore is { } before)
        {
            query.Bind(before);
        }

        if (criteria.Reply is { } reply)
        {
            query.Bind(reply);
        }
    }

    private static bool NeedsMessage(QueueCriteria criteria) =>
        criteria.SenderDomain is not null || criteria.Tag is not null || criteria.Stream is not null || criteria.AcceptedBefore is not null;

    private static Candidate? Find(SqliteConnection connection, long id)
    {
        using var query = connection.Use(SelectRecipient).Bind(id);
        return query.Read()
            ? new Candidate(
                id,
                (RecipientState)query.Int32(0),
                new LaneKey(query.Text(1), query.Int64(7)),
                query.Time(2),
                query.Text(3),
                query.Int64(4),
                QueueId.FromBytes(query.Blob(5)),
                query.Int64(6),
                query.NullableTime(8))
            : null;
    }

    private static RecipientState? NewState(QueueAction action, Candidate found, DateTimeOffset now) => action switch
    {
        QueueAction.Hold when found.State.IsWaiting() => RecipientState.Held,
        QueueAction.Release when found.State == RecipientState.Held => Resumed(found, now),
        QueueAction.RetryNow when IsPutOff(found, now) => RecipientState.Ready,
        QueueAction.Cancel when found.State.IsWaiting() || found.State == RecipientState.Held => RecipientState.Cancelled,
        QueueAction.Bounce when found.State.IsWaiting() || found.State == RecipientState.Held => RecipientState.Bounced,
        QueueAction.Rebind when found.State.IsWaiting() => Resumed(found, now),
        _ => null,
    };

    // What its sender wants later goes later, whatever an operator did with it meanwhile.
    private static RecipientState Resumed(Candidate found, DateTimeOffset now) => found.NotBefore > now ? RecipientState.Scheduled : RecipientState.Ready;

    // A first attempt that was given back until later is Ready, too, and waits as the others do.
    private static bool IsPutOff(Candidate found, DateTimeOffset now) =>
        found.State is RecipientState.Deferred or RecipientState.Scheduled
        || (found.State == RecipientState.Ready && found.NextAttempt > now);

    private static DeliveryEvent Event(QueueAction action, QueueCriteria criteria, Candidate found, DateTimeOffset now) => new()
    {
        Kind = action switch
        {
            QueueAction.Hold => DeliveryEventKind.Held,
            QueueAction.Release => DeliveryEventKind.Released,
            QueueAction.RetryNow or QueueAction.Rebind => DeliveryEventKind.RetryRequested,
            QueueAction.Bounce => DeliveryEventKind.Bounced,
            _ => DeliveryEventKind.Cancelled,
        },
        At = now,
        AccountId = found.AccountId,
        MessageId = found.MessageId,
        RecipientId = found.Id,
        Recipient = found.Address,
        Actor = criteria.Actor,
        Text = action == QueueAction.Bounce ? criteria.Reason ?? "given up by an operator"
            : action == QueueAction.Rebind ? "sent another way: " + criteria.Rebind
            : null,
        Class = action == QueueAction.Bounce ? "local" : null,
        Fault = action == QueueAction.Bounce ? FaultSide.Relay : FaultSide.None,
    };

    private void Change(
        SqliteConnection connection, Candidate found, RecipientState state, string key, DeliveryEvent deliveryEvent, DateTimeOffset now)
    {
        if (key != found.Lane.Key)
        {
            connection.Use(UpdateKey).Bind(key).Bind(found.Id).Run();
        }

        var nextAttempt = state switch
        {
            RecipientState.Ready => now,
            RecipientState.Scheduled => found.NotBefore ?? now,
            _ => found.NextAttempt,
        };
        var mark = deliveryEvent.Kind == DeliveryEventKind.Released ? RecipientRow.Released : 0;
        connection.Use(UpdateRecipient).Bind((long)state).Bind(nextAttempt).Bind(now).Bind(mark).Bind(found.Id).Run();
        ledger.Leave(found.Lane, found.State);
        ledger.Enter(found.Lane with { Key = key }, state, nextAttempt);
        progress.Finish(connection, found.MessageNo, state.IsFinal() ? 1 : 0, captured: false, now);
        outbox.Add(connection, deliveryEvent);
    }

    private sealed record Candidate(
        long Id,
        RecipientState State,
        LaneKey Lane,
        DateTimeOffset NextAttempt,
        string Address,
        long MessageNo,
        QueueId MessageId,
        long AccountId,
        DateTimeOffset? NotBefore);
}
