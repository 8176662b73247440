using Relay.Mail;

namespace Relay.Queue;

/// <summary>Decides in which state each recipient of a new message starts.</summary>
internal sealed class RecipientPlanner
{
    /// <summary>Tasks hold at most this many recipients; larger groups take the ordinary way through the store.</summary>
    private const int MaxBornLeased = 100;

    private readonly ISuppressionStore _suppressions;
    private readonly IImmediateDispatch _dispatch;
    private readonly IQueueKeys _keys;
    private readonly IReadOnlySet<DomainName> _received;

    /// <param name="received">Domains whose mail ends here, whichever door it comes in by.</param>
    public RecipientPlanner(ISuppressionStore suppressions, IImmediateDispatch dispatch, IQueueKeys keys, IReadOnlySet<DomainName> received)
    {
        _keys = keys;
        _received = received;
        _suppressions = suppressions;
        _dispatch = dispatch;
    }

    /// <summary>One plan for each content; the event of the whole message stands in the first.</summary>
    /// <param name="isSplit">One for each recipient, though they share a content.</param>
    /// <param name="verdict">Of the gates; null: nothing to say.</param>
    public async ValueTask<IReadOnlyList<VariantPlan>> PlanAsync(
        QueuedMessage message, IncomingMessage incoming, bool isSplit, GateVerdict? verdict, DateTimeOffset now)
    {
        var recipients = incoming.Submission.Envelope.Recipients;
        var suppressed = await FindSuppressedAsync(message, [.. recipients.Select(r => r.Mailbox)]);
        var variants = new List<VariantPlan>();
        foreach (var copy in recipients.GroupBy(r => (Content: incoming.ContentOf(r.Mailbox), Only: isSplit ? r.Mailbox : null)))
        {
            var plan = new RecipientPlan(_dispatch, QueueFlow.Of(message), copy.Key.Content.LengthBytes);
            if (variants.Count == 0)
            {
                plan.Add(AcceptedEvent(message, verdict));
            }

            Fill(plan, copy, message, incoming.Submission, suppressed, verdict is { Act: GateAct.Hold } ? verdict : null, now);
            variants.Add(new VariantPlan(copy.Key.Content, plan));
        }

        return variants;
    }

    private void Fill(
        RecipientPlan plan, IEnumerable<EnvelopeRecipient> recipients, QueuedMessage message, Submission submission, Dictionary<string, Suppression> suppressed, GateVerdict? hold, DateTimeOffset now)
    {
        foreach (var group in recipients.GroupBy(r => KeyFor(message, submission, r.Mailbox)))
        {
            // What ends here is none that a sender could be kept from sending.
            var isOwn = OwnKeys.Contains(group.Key);
            var held = isOwn ? null : hold;
            var state = held is null ? InitialState(message, group.Key, group.Count(), plan, now) : RecipientState.Held;
            foreach (var recipient in group)
            {
                var suppression = isOwn ? null : suppressed.GetValueOrDefault(SuppressionKey.Of(recipient.Mailbox));
                plan.Add(Draft(recipient, group.Key, suppression is null ? state : RecipientState.Suppressed, message.NotBefore ?? now) with { Reason = suppression is null ? held?.Text : null });
                if (suppression is not null)
                {
                    plan.Add(SuppressedEvent(message, recipient, suppression));
                }
                else if (held is not null)
                {
                    plan.Add(HeldEvent(message, recipient, held));
                }
            }
        }

        plan.DropUnusedReservations();
    }

    private string KeyFor(QueuedMessage message, Submission submission, Mailbox recipient) =>
        submission.IsForReports?.Invoke(recipient) == true ? OwnKeys.Reports
        : recipient.Domain is { } domain && _received.Contains(domain) ? OwnKeys.Received(domain, submission.Rule == Submission.DeliverRule)
        : submission.Rule is { } rule ? $"{recipient.DomainText}#{rule}"
        : _keys.KeyFor(message, submission.User, recipient);

    private async ValueTask<Dictionary<string, Suppression>> FindSuppressedAsync(QueuedMessage message, List<Mailbox> addresses)
    {
        var found = await _suppressions.FindAsync(SuppressionQuery.Of(message, addresses), CancellationToken.None);
        return found.ToDictionary(match => match.Address, match => match.Entry, StringComparer.Ordinal);
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

    private static DeliveryEvent HeldEvent(QueuedMessage message, EnvelopeRecipient recipient, GateVerdict hold) => new()
    {
        Kind = DeliveryEventKind.Held,
        At = message.AcceptedAt,
        AccountId = message.AccountId,
        MessageId = message.Id,
        Recipient = recipient.Mailbox.ToString(),
        Class = hold.Class,
        Text = hold.Text,
    };

    private static DeliveryEvent AcceptedEvent(QueuedMessage message, GateVerdict? verdict) => new()
    {
        Kind = DeliveryEventKind.Accepted,
        At = message.AcceptedAt,
        AccountId = message.AccountId,
        MessageId = message.Id,
        NextAttempt = message.NotBefore > message.AcceptedAt ? message.NotBefore : null,
        Class = verdict?.Class,
        Text = verdict?.Text,
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
        Text = suppression.ToText(),
    };
}
