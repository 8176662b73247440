using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Looks at mail once more just before it would go out, and may keep it back.</summary>
internal interface IHoldGate
{
    /// <summary>What was tried before passes.</summary>
    bool IsForFirstAttempts => false;

    /// <returns>Null: it may go.</returns>
    ValueTask<GateVerdict?> CheckAsync(DeliveryJob job, CancellationToken cancellationToken);
}

/// <summary>All of them: the first that keeps mail back decides. What an operator let go passes.</summary>
internal sealed class HoldGates(IEnumerable<IHoldGate> gates)
{
    private readonly IReadOnlyList<IHoldGate> _gates = [.. gates];

    /// <param name="decided">Recipients that are decided already.</param>
    public async ValueTask<IReadOnlyList<RecipientOutcome>> CheckAsync(DeliveryJob job, IReadOnlyList<RecipientOutcome> decided, CancellationToken cancellationToken)
    {
        if (!job.Route.IsRemote || job.Task.Message.Door == Door.Internal)
        {
            return [];
        }

        var open = job.Task.Recipients
            .Where(recipient => !recipient.IsReleased && !decided.Any(outcome => outcome.Recipient.Id == recipient.Id))
            .ToList();
        if (open.Count == 0)
        {
            return [];
        }

        foreach (var gate in _gates)
        {
            var meant = gate.IsForFirstAttempts ? open.Where(recipient => recipient.Attempts == 0).ToList() : open;
            if (meant.Count > 0 && await gate.CheckAsync(job, cancellationToken) is { Act: not GateAct.Note } verdict)
            {
                return [.. meant.Select(recipient => new RecipientOutcome(recipient, Held(verdict)))];
            }
        }

        return [];
    }

    private static AttemptOutcome Held(GateVerdict verdict) => new()
    {
        Kind = OutcomeKind.Held,
        Status = new EnhancedStatusCode(4, 7, 1),
        Text = verdict.Text,
        Class = verdict.Class,
    };
}
