using Relay.Queue;

namespace Relay.Delivery;

/// <summary>What recipients of the simulator do with mail that was delivered to them: open@ opens it, complaint@ calls it spam.</summary>
/// <remarks>
/// The events come a moment after the delivery, as real ones do, so that whoever follows events sees the usual order. A simulated
/// complaint suppresses nobody: a real one would, but then the second test would find another world than the first.
/// </remarks>
internal sealed class SimulatedReactions(IEventOutbox outbox, BackgroundTasks background, TimeProvider time)
{
    private const string Agent = "relay simulator";
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(1);

    public void Follow(DeliveryTask task, CancellationToken cutToken)
    {
        var reactions = task.Recipients.Where(r => Kind(r) is not null).ToList();
        if (reactions.Count > 0)
        {
            background.Run(() => ReactAsync(task.Message, reactions, cutToken));
        }
    }

    private async Task ReactAsync(QueuedMessage message, List<QueuedRecipient> recipients, CancellationToken cutToken)
    {
        await Task.Delay(Moment, time, cutToken);
        var now = time.GetUtcNow();
        await outbox.AppendAsync([.. recipients.Select(recipient => EventOf(message, recipient, now))]);
    }

    private static DeliveryEventKind? Kind(QueuedRecipient recipient) =>
        SimulatedRecipient.IsNamed(recipient, SimulatedRecipient.Open) ? DeliveryEventKind.Opened
        : SimulatedRecipient.IsNamed(recipient, SimulatedRecipient.Complaint) ? DeliveryEventKind.Complained
        : null;

    private static DeliveryEvent EventOf(QueuedMessage message, QueuedRecipient recipient, DateTimeOffset now)
    {
        var isOpen = Kind(recipient) == DeliveryEventKind.Opened;
        return new DeliveryEvent
        {
            Kind = isOpen ? DeliveryEventKind.Opened : DeliveryEventKind.Complained,
            At = now,
            AccountId = message.AccountId,
            MessageId = message.Id,
            RecipientId = recipient.Id,
            Recipient = recipient.Address.ToString(),
            Class = isOpen ? null : "abuse",
            Text = isOpen ? null : "simulated complaint",
            RemoteHost = RouteResolver.SimulatorDomain,
            UserAgent = isOpen ? Agent : null,
            IsMachine = isOpen ? false : null,
        };
    }
}

/// <summary>Who lives in the simulator's domain.</summary>
internal static class SimulatedRecipient
{
    public const string Open = "open";
    public const string Complaint = "complaint";

    // Tags (delivered+order-7@…) let a test tell its mails apart.
    public static bool IsNamed(QueuedRecipient recipient, string name)
    {
        var local = recipient.Address.LocalPart;
        var plus = local.IndexOf('+', StringComparison.Ordinal);
        return (plus < 0 ? local : local[..plus]).Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}
