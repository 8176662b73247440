using Relay.Queue;

namespace Relay.Delivery;

/// <summary>The bulk-sender gate before the first attempt: what was not known at the door is looked up now.</summary>
/// <remarks>
/// Where mail is only watched nobody waits for DNS: the look runs beside, and the next message shows what came of it. What could not be found
/// out in time goes: unknown is no fault of the sender.
/// </remarks>
internal sealed class ComplianceGate(ComplianceOptions options, DomainChecker checker, TimeProvider time) : IHoldGate
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public bool IsForFirstAttempts => true;

    public async ValueTask<GateVerdict?> CheckAsync(DeliveryJob job, CancellationToken cancellationToken)
    {
        var mode = options.ModeOf(job.Task.Message.Stream);
        if (mode == ComplianceMode.Off || DomainQuestion.Of(job.Task.Message) is not { } question)
        {
            return null;
        }

        if (mode == ComplianceMode.Warn)
        {
            checker.Request(question);
            return null;
        }

        try
        {
            using var patience = new CancellationTokenSource(Patience, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
            var facts = await checker.CheckAsync(question, isFresh: false, either.Token);

            // It was taken already: what would have been refused at the door is held.
            return facts.Findings.Count == 0 ? null : ComplianceDoor.VerdictOf(ComplianceMode.Hold, facts.Findings);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}
