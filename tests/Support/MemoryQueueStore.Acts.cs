using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Of the queue in memory: what operators and senders do with waiting mail.</summary>
public sealed partial class MemoryQueueStore
{
    public ValueTask<QueueActionResult> ApplyAsync(QueueAction action, QueueCriteria criteria, CancellationToken cancellationToken)
    {
        if (!criteria.HasCondition)
        {
            throw new ArgumentException("An act needs a condition, or to say that it means all.", nameof(criteria));
        }

        return Change(() =>
        {
            var matching = Rows.Where(row => Matches(row, criteria)).ToList();
            var affected = matching.Count(row => Apply(row, action, criteria));
            return new QueueActionResult(affected, matching.Count(row => row.Recipient.State == RecipientState.Leased));
        });
    }

    public ValueTask<bool> RescheduleAsync(QueueId id, DateTimeOffset notBefore, DateTimeOffset expiresAt, string actor) =>
        Change(() => ChangeScheduled(id, (message, row) =>
        {
            row.Recipient = row.Recipient with { NextAttempt = notBefore, UpdatedAt = time.GetUtcNow() };
            if (row.Message.Message.NotBefore != notBefore || row.Message.Message.ExpiresAt != expiresAt)
            {
                row.Message.Message = message with { NotBefore = notBefore, ExpiresAt = expiresAt };
                row.Message.MoveDates(notBefore);
            }

            _touched.Add(row.Lane);
        }, message => Add(new DeliveryEvent
        {
            Kind = DeliveryEventKind.Rescheduled,
            At = time.GetUtcNow(),
            AccountId = message.AccountId,
            MessageId = id,
            Actor = actor,
            NextAttempt = notBefore,
        })));

    public ValueTask<bool> WithdrawAsync(QueueId id, string actor) =>
        Change(() => ChangeScheduled(id, (_, row) => Apply(row, QueueAction.Cancel, new QueueCriteria { Actor = actor }), _ => { }));

    private static bool Matches(Row row, QueueCriteria criteria) =>
        !row.Recipient.State.IsFinal()
        && (criteria.MessageId is null || row.Recipient.MessageId == criteria.MessageId)
        && (criteria.RecipientId is null || row.Recipient.Id == criteria.RecipientId)
        && (criteria.QueueKey is null || IsForm(row.Recipient.QueueKey, criteria.QueueKey))
        && (criteria.SenderDomain is null || row.Message.Message.ReversePath.Mailbox?.DomainText == criteria.SenderDomain)
        && (criteria.States is null || row.Recipient.State == RecipientState.Leased || criteria.States.Contains(row.Recipient.State))
        && (criteria.AccountId is null || row.Message.Message.AccountId == criteria.AccountId)
        && (criteria.Tag is null || (row.Message.Message.Tags is [var tag, ..] ? tag : null) == criteria.Tag)
        && (criteria.Stream is null || row.Message.Message.Stream == criteria.Stream)
        && (criteria.AcceptedBefore is null || row.Message.Message.AcceptedAt < criteria.AcceptedBefore)
        && (criteria.Reply is null || row.Recipient.LastReply?.Contains(criteria.Reply, StringComparison.OrdinalIgnoreCase) == true);

    // A key, or one with a routing rule behind it.
    private static bool IsForm(string queueKey, string asked) => queueKey == asked || queueKey.StartsWith(asked + "#", StringComparison.Ordinal);

    private bool ChangeScheduled(QueueId id, Action<QueuedMessage, Row> change, Action<QueuedMessage> done)
    {
        var open = Rows.Where(row => row.Recipient.MessageId == id && !row.Recipient.State.IsFinal()).ToList();
        if (open.Count == 0 || open.Any(row => row.Recipient.State != RecipientState.Scheduled))
        {
            return false;
        }

        var message = open[0].Message.Message;
        open.ForEach(row => change(message, row));
        done(message);
        return true;
    }

    private bool Apply(Row row, QueueAction action, QueueCriteria criteria)
    {
        var now = time.GetUtcNow();
        var old = row.Recipient;
        var waits = old.State.IsWaiting();
        var notBefore = row.Message.Message.NotBefore;
        (RecipientState State, DeliveryEventKind Kind)? change = action switch
        {
            QueueAction.Hold when waits => (RecipientState.Held, DeliveryEventKind.Held),
            QueueAction.Release when old.State == RecipientState.Held =>
                (notBefore > now ? RecipientState.Scheduled : RecipientState.Ready, DeliveryEventKind.Released),
            QueueAction.RetryNow when waits && (old.State != RecipientState.Ready || old.NextAttempt > now) =>
                (RecipientState.Ready, DeliveryEventKind.RetryRequested),
            QueueAction.Cancel when waits || old.State == RecipientState.Held => (RecipientState.Cancelled, DeliveryEventKind.Cancelled),
            QueueAction.Bounce when waits || old.State == RecipientState.Held => (RecipientState.Bounced, DeliveryEventKind.Bounced),
            QueueAction.Rebind when waits => (notBefore > now ? RecipientState.Scheduled : RecipientState.Ready, DeliveryEventKind.RetryRequested),
            _ => null,
        };
        if (change is not { } made)
        {
            return false;
        }

        if (action == QueueAction.Rebind)
        {
            _touched.Add(row.Lane);
            old = old with { QueueKey = QueueCriteria.RebindKey(old.QueueKey, criteria.Rebind ?? "domain") };
        }

        row.Recipient = old with
        {
            State = made.State,
            IsReleased = old.IsReleased || made.Kind == DeliveryEventKind.Released,
            NextAttempt = made.State switch
            {
                RecipientState.Ready => now,
                RecipientState.Scheduled => notBefore ?? now,
                _ => old.NextAttempt,
            },
            UpdatedAt = now,
        };
        Moved(row, old.State, now);
        Add(new DeliveryEvent
        {
            Kind = made.Kind,
            At = now,
            AccountId = row.Message.Message.AccountId,
            MessageId = old.MessageId,
            RecipientId = old.Id,
            Recipient = old.Address.ToString(),
            Actor = criteria.Actor,
            Text = action == QueueAction.Bounce ? criteria.Reason ?? "given up by an operator"
                : action == QueueAction.Rebind ? "sent another way: " + criteria.Rebind
                : null,
            Class = action == QueueAction.Bounce ? "local" : null,
            Fault = action == QueueAction.Bounce ? FaultSide.Relay : FaultSide.None,
        });
        return true;
    }

    private void Moved(Row row, RecipientState from, DateTimeOffset now)
    {
        if (from.IsWaiting() || row.Recipient.State.IsWaiting())
        {
            _touched.Add(row.Lane);
        }

        if (row.Message.FinishedAt is null && row.Message.Rows.All(other => other.Recipient.State.IsFinal()))
        {
            row.Message.FinishedAt = now;
        }
    }
}
