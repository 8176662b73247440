using Relay.Mail;

namespace Relay.Queue;

/// <summary>Decides in which state each recipient of a new message starts.</summary>
internal sealed class RecipientPlanner
{
    /// <summary>Tasks hold at most this many recipients; larger groups take the ordinary way through the store.</summary>
    private const int MaxBornLeased = 100;

    private readonly ISuppressionStore _suppressions;
    private readonly IImmediateDispatch _dispatch;

    public RecipientPlanner(ISuppressionStore suppressions, IImmediateDispatch dispatch)
    {
        _suppressions = suppressions;
        _dispatch = dispatch;
    }

    public async ValueTask<RecipientPlan> PlanAsync(QueuedMessage message, Submission submission, long sizeBytes, DateTimeOffset now)
    {
        var addresses = submission.Envelope.Recipients.Select(r => r.Mailbox).ToList();
        var suppressed = await FindSuppressedAsync(message.AccountId, addresses);
        var plan = new RecipientPlan(_dispatch, sizeBytes);
        plan.Add(AcceptedEvent(message));
        foreach (var group in submission.Envelope.Recipients.GroupBy(r => r.Mailbox.DomainText))
        {
            var state = InitialState(message, group.Key, group.Count(), plan, now);
            foreach (var recipient in group)
            {
                var suppression = suppressed.GetValueOrDefault(SuppressionKey.Of(recipient.Mailbox));
                plan.Add(Draft(recipient, group.Key, suppression is null ? state : RecipientState.Suppressed, message.NotBefore ?? now));
                if (suppression is not null)
                {
                    plan.Add(SuppressedEvent(message, recipient, suppression));
                }
            }
        }

        plan.DropUnusedReservations();
        return plan;
    }

    private async ValueTask<Dictionary<string, Suppression>> FindSuppressedAsync(long accountId, List<Mailbox> addresses)
    {
        var found = await _suppressions.FindAsync(accountId, addresses, CancellationToken.None);
        return found.ToDictionary(s => s.Address, StringComparer.Ordinal);
    }

    private static RecipientState InitialState(QueuedMessage message, string queueKey, int count, RecipientPlan plan, DateTimeOffset now)
    {
        if (message.NotBefore > now)
        {
            return RecipientState.Scheduled;
        }

        return count <= MaxBornLeased && plan.TryReserve(queueKey) ? RecipientState.Leased : RecipientState.Ready;
    }

    private static RecipientDraft Draft(EnvelopeRecipient recipient, string queueKey, RecipientState state, DateTimeOffset nextAttempt) => new()
    {
        Address = recipient.Mailbox,
        QueueKey = queueKey,
        Notify = recipient.Notify,
        OriginalRecipient = recipient.OriginalRecipient,
        State = state,
        NextAttempt = nextAttempt,
    };

    private static DeliveryEvent AcceptedEvent(QueuedMessage message) => new()
    {
        Kind = DeliveryEventKind.Accepted,
        At = message.AcceptedAt,
        AccountId = message.AccountId,
        MessageId = message.Id,
    };

    private static DeliveryEvent SuppressedEvent(QueuedMessage message, EnvelopeRecipient recipient, Suppression suppression) => new()
    {
        Kind = DeliveryEventKind.Suppressed,
        At = message.AcceptedAt,
        AccountId = message.AccountId,
        MessageId = message.Id,
        Recipient = recipient.Mailbox.ToString(),
        Fault = FaultSide.Recipient,
        Class = "suppressed",
        Text = suppression.Detail is null ? $"on the suppression list ({suppression.Reason})" : $"on the suppression list ({suppression.Reason}): {suppression.Detail}",
    };
}
