using Relay.Queue;

namespace Relay.Tests.Support;

/// <summary>Of the queue in memory: what becomes of an attempt.</summary>
public sealed partial class MemoryQueueStore
{
    public ValueTask<bool> SettleAsync(Settlement settlement)
    {
        RequireHealthy();
        RequireValid(settlement);
        return Change(() => Settle(settlement));
    }

    private static void RequireValid(Settlement settlement)
    {
        if (settlement.Recipients.Count == 0
            || settlement.Recipients.Any(recipient => recipient.State is not (RecipientState.Deferred or RecipientState.Held) && !recipient.State.IsFinal())
            || settlement.Recipients.Any(recipient => recipient is { State: RecipientState.Deferred, NextAttempt: null })
            || settlement.Recipients.DistinctBy(recipient => recipient.RecipientId).Count() != settlement.Recipients.Count)
        {
            throw new ArgumentException("The settlement is not complete.", nameof(settlement));
        }

        RequireValid(settlement.Reports);
    }

    private bool Settle(Settlement settlement)
    {
        var rows = settlement.Recipients.Select(recipient => Find(recipient.RecipientId)).ToList();
        if (rows.Any(row => row?.Lease != settlement.Lease || row.Recipient.VariantId != settlement.VariantId))
        {
            return false;
        }

        var now = time.GetUtcNow();
        foreach (var (recipient, row) in settlement.Recipients.Zip(rows.OfType<Row>()))
        {
            row.Lease = null;
            row.Recipient = row.Recipient with
            {
                State = recipient.State,
                Attempts = recipient.Attempts,
                NextAttempt = recipient.NextAttempt ?? row.Recipient.NextAttempt,
                UpdatedAt = now,
                LastReply = recipient.LastReply,
                LastHost = recipient.LastHost,
                IsDelayReported = row.Recipient.IsDelayReported || recipient.IsDelayReported,
            };
            Moved(row, RecipientState.Leased, now);
            Add(recipient.Event with { RecipientId = recipient.Event.RecipientId ?? recipient.RecipientId });
        }

        var message = rows[0]!.Message;
        if (settlement.Signature is { } signature)
        {
            var at = message.Variants.FindIndex(variant => variant.Id == settlement.VariantId);
            message.Variants[at] = message.Variants[at] with { Signature = signature };
        }

        foreach (var report in settlement.Reports)
        {
            Add(report, mayLease: false);
        }

        return true;
    }
}
