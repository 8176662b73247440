using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Asks the suppression list once more, just before mail goes out: entries may have come since it was accepted.</summary>
internal sealed class SuppressionGate(ISuppressionStore suppressions)
{
    /// <summary>Outcomes of the recipients that must not be sent to any more; empty as a rule.</summary>
    public async ValueTask<IReadOnlyList<RecipientOutcome>> CheckAsync(DeliveryTask task, CancellationToken cancellationToken)
    {
        // Our own reports answer mail, and what ends here is sent to nobody: none that anybody could be spared.
        if (task.Message.Door == Door.Internal || OwnKeys.Contains(task.QueueKey))
        {
            return [];
        }

        var query = SuppressionQuery.Of(task.Message, [.. task.Recipients.Select(recipient => recipient.Address)]);
        var found = await suppressions.FindAsync(query, cancellationToken);
        return found.Count == 0
            ? []
            : [.. task.Recipients.SelectMany(recipient => found
                .Where(match => match.Address == SuppressionKey.Of(recipient.Address))
                .Take(1)
                .Select(match => new RecipientOutcome(recipient, Suppressed(match.Entry))))];
    }

    private static AttemptOutcome Suppressed(Suppression entry) => new()
    {
        Kind = OutcomeKind.Suppressed,
        Status = new EnhancedStatusCode(5, 7, 1),
        Text = entry.ToText(),
        Class = "suppressed",
        Fault = FaultSide.Recipient,
    };
}
