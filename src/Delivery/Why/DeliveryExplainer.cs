using System.Globalization;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Asks the same parts that delivery asks, and the history, and writes down what they say.</summary>
/// <remarks>1. The recipient's state. 2. Its next attempt. 3. The way it would go. 4. What holds the lane or every path of that way back.</remarks>
internal sealed class DeliveryExplainer(
    IQueueStore queue, IEventStore events, RouteResolver routes, IRouteExplainer explainer, Dispatcher dispatcher, EgressPools pools, DeliveryOptions options, TimeProvider time)
    : IDeliveryExplainer
{
    private const int MaxRecipients = 100;
    private const int MaxAttempts = 3;
    private const int MaxEvents = 500;

    private readonly PathBlockers _blockers = new(dispatcher, pools, time);

    public async ValueTask<DeliveryExplanation?> ExplainAsync(QueueId messageId, long? recipientId, CancellationToken cancellationToken)
    {
        if (await queue.FindAsync(messageId, cancellationToken) is not { } details)
        {
            return null;
        }

        var open = details.Recipients.Count(r => !r.State.IsFinal());
        var asked = details.Recipients.Where(r => recipientId is null ? open == 0 || !r.State.IsFinal() : r.Id == recipientId).Take(MaxRecipients).ToList();
        if (asked.Count == 0)
        {
            return null;
        }

        var history = await events.ListAsync(new EventFilter { MessageId = messageId, Limit = MaxEvents }, cancellationToken);
        var explained = new List<RecipientExplanation>(asked.Count);
        foreach (var recipient in asked)
        {
            explained.Add(await ExplainAsync(details.Message, recipient, history, cancellationToken));
        }

        return new DeliveryExplanation(messageId, QueueFlow.Of(details.Message), time.GetUtcNow(), open, explained);
    }

    private async ValueTask<RecipientExplanation> ExplainAsync(
        QueuedMessage message, QueuedRecipient recipient, IReadOnlyList<DeliveryEvent> history, CancellationToken cancellationToken)
    {
        var attempts = history.Where(e => e.RecipientId == recipient.Id && e.Attempt is not null).Take(MaxAttempts).ToList();
        if (recipient.State.IsFinal())
        {
            return new RecipientExplanation
            {
                Recipient = recipient,
                ExpiresAt = message.ExpiresAt,
                Summary = $"{recipient.State.ToString().ToLowerInvariant()}: nothing more will happen by itself",
                Blockers = [],
                Attempts = attempts,
            };
        }

        var route = await routes.ResolveAsync(recipient.QueueKey, cancellationToken);
        route = route.For(recipient.Attempts);
        var blockers = BlockersOf(message, recipient, route, history);
        var ahead = recipient.State.IsWaiting() ? await queue.CountAheadAsync(recipient.Id, cancellationToken) : 0;
        var retry = route.Site.Limits.RetryOf(message.Stream, options);
        return new RecipientExplanation
        {
            Recipient = recipient,
            ExpiresAt = message.ExpiresAt,
            Summary = SummaryOf(recipient, blockers),
            Blockers = blockers,
            Route = await RouteOfAsync(message, recipient, cancellationToken),
            Retry = new LimitExplanation("retry", string.Join(", ", retry.Value.Steps.Select(Text)), retry.Origin),
            Ahead = ahead,
            Estimate = EstimateOf(recipient, blockers, route, ahead),
            Attempts = attempts,
        };
    }

    private List<DeliveryBlocker> BlockersOf(QueuedMessage message, QueuedRecipient recipient, Route route, IReadOnlyList<DeliveryEvent> history)
    {
        var now = time.GetUtcNow();
        var found = new List<DeliveryBlocker>();
        if (recipient.State == RecipientState.Held)
        {
            found.Add(HoldOf(recipient, history));
        }

        if (recipient.State == RecipientState.Leased)
        {
            found.Add(new DeliveryBlocker("it is being delivered, or waits in memory for its connection", "delivery", null));
        }

        if (recipient.State.IsWaiting() && recipient.NextAttempt > now)
        {
            found.Add(recipient.State == RecipientState.Scheduled
                ? new DeliveryBlocker("its sender scheduled it", "not before", recipient.NextAttempt)
                : new DeliveryBlocker((IsInDoubt(recipient, history) ? "nobody knows whether its receiver has it; " : string.Empty) + "its next attempt is not due yet", route.Site.Limits.RetryOf(message.Stream, options).Origin, recipient.NextAttempt));
        }

        if (route.Failure is { } failure)
        {
            found.Add(new DeliveryBlocker($"there is no way to go: {failure.Text}", route.Origin, null));
        }
        else
        {
            found.AddRange(_blockers.Of(new QueueLane(recipient.QueueKey, QueueFlow.Of(message)), route, message.SizeBytes));
        }

        return found;
    }

    // The last connection was lost behind the final dot.
    private static bool IsInDoubt(QueuedRecipient recipient, IReadOnlyList<DeliveryEvent> history) =>
        history.FirstOrDefault(e => e.RecipientId == recipient.Id && e.Attempt is not null)?.Class == BounceClass.Unknown;

    // The history is newest first, and a moment behind the queue.
    private static DeliveryBlocker HoldOf(QueuedRecipient recipient, IReadOnlyList<DeliveryEvent> history)
    {
        var hold = history.FirstOrDefault(e => e.RecipientId == recipient.Id && e.Kind == DeliveryEventKind.Held);
        return hold is { Class: { } origin, Text: { } text }
            ? new DeliveryBlocker($"it is held until an operator releases it: {text}", origin, null)
            : new DeliveryBlocker("it is held until an operator releases it", "hold", null);
    }

    private async ValueTask<RouteExplanation> RouteOfAsync(QueuedMessage message, QueuedRecipient recipient, CancellationToken cancellationToken) =>
        await explainer.ExplainAsync(
            new RouteQuestion(recipient.Address, message.ReversePath.Mailbox, message.User, message.Tags, message.AccountId, message.Stream) { QueueKey = recipient.QueueKey },
            cancellationToken);

    private static string SummaryOf(QueuedRecipient recipient, List<DeliveryBlocker> blockers)
    {
        var binding = blockers.FirstOrDefault();
        return binding is null ? "nothing holds it back: it goes any moment"
            : binding.Until is { } until ? string.Create(CultureInfo.InvariantCulture, $"{binding.What} ({binding.Origin}), until {until:yyyy-MM-dd'T'HH:mm:ss'Z'}")
            : recipient.State == RecipientState.Leased ? binding.What
            : $"{binding.What} ({binding.Origin})";
    }

    /// <summary>The last of all times that are known, and a turn for each that is ahead where a rate paces them.</summary>
    private DateTimeOffset? EstimateOf(QueuedRecipient recipient, List<DeliveryBlocker> blockers, Route route, int ahead)
    {
        if (recipient.State == RecipientState.Held || blockers.Exists(b => b.Until is null) || route.Failure is not null)
        {
            return null;
        }

        var start = blockers.Select(b => b.Until!.Value).Append(time.GetUtcNow()).Max();
        return route.Site.Limits.MessageRate.Value is { } rates ? start + (rates.Pace.Period / rates.Pace.Count * ahead) : start;
    }

    private static string Text(TimeSpan step) => step.TotalHours >= 1 && step.Minutes == 0 ? $"{step.TotalHours:0}h" : step.TotalMinutes >= 1 && step.Seconds == 0 ? $"{step.TotalMinutes:0}m" : $"{step.TotalSeconds:0}s";
}
