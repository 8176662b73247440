using Relay.Mail;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Outcomes of routes that need no mail connection: capture, discard, reports, received mail, the simulator, and keys without a way to go.</summary>
internal sealed class LocalDelivery(IReportReceiver reports, IReceivedMailHook hook, TimeProvider time)
{
    private static readonly TimeSpan SimulatedDelay = TimeSpan.FromSeconds(10);

    public async ValueTask<AttemptResult> RunAsync(DeliveryJob job, CancellationToken cancellationToken)
    {
        if (job.Route.Failure is { } failure)
        {
            return AttemptResult.ForAll(job.Task, AttemptOutcome.Failed(failure), SiteFeedback.Neutral);
        }

        switch (job.Route.Kind)
        {
            case RouteKind.Capture:
                var captured = new AttemptOutcome
                {
                    Kind = OutcomeKind.Captured,
                    Status = new EnhancedStatusCode(2, 0, 0),
                    Text = $"captured by {job.Route.Origin}",
                };
                return AttemptResult.ForAll(job.Task, captured, SiteFeedback.Neutral);
            case RouteKind.Discard:
                return AttemptResult.ForAll(job.Task, AttemptOutcome.Delivered("discarded by route"), SiteFeedback.Neutral);
            case RouteKind.Reports:
                return AttemptResult.ForAll(job.Task, await reports.ReceiveAsync(job.Task, cancellationToken), SiteFeedback.Neutral);
            case RouteKind.Received:
                return AttemptResult.ForAll(job.Task, OutcomeOf(await hook.HandOverAsync(job.Task, cancellationToken)), SiteFeedback.Neutral);
            case RouteKind.Simulator:
                return await SimulateAsync(job, cancellationToken);
            default:
                throw new InvalidOperationException($"a route of kind {job.Route.Kind} needs a connection");
        }
    }

    private AttemptOutcome OutcomeOf(HookAnswer answer) => new AttemptOutcome
    {
        Kind = answer.Verdict switch
        {
            HookVerdict.Taken => OutcomeKind.Delivered,
            HookVerdict.Gone => OutcomeKind.Held,
            _ => OutcomeKind.Deferred,
        },
        Status = answer.Verdict == HookVerdict.Taken ? new EnhancedStatusCode(2, 0, 0) : new EnhancedStatusCode(4, 3, 0),
        Text = answer.Text,
        RemoteHost = answer.Host,
        Class = answer.Verdict == HookVerdict.Taken ? null : answer.IsOurFault ? BounceClass.Local : BounceClass.System,
        Fault = answer.Verdict == HookVerdict.Taken ? FaultSide.None : answer.IsOurFault ? FaultSide.Relay : FaultSide.Destination,
        RetryAt = answer is { Verdict: HookVerdict.Later, RetryAfter: { } rest } ? time.GetUtcNow() + rest : null,
    };

    private async ValueTask<AttemptResult> SimulateAsync(DeliveryJob job, CancellationToken cancellationToken)
    {
        if (job.Task.Recipients.Any(r => SimulatedRecipient.IsNamed(r, "slow")))
        {
            await Task.Delay(SimulatedDelay, time, cancellationToken);
        }

        return new AttemptResult
        {
            Outcomes = job.Task.Recipients.Select(r => new RecipientOutcome(r, Simulate(r))).ToList(),
            Feedback = SiteFeedback.Neutral,
        };
    }

    private static AttemptOutcome Simulate(QueuedRecipient recipient)
    {
        var reply = recipient switch
        {
            _ when SimulatedRecipient.IsNamed(recipient, "delivered") => SmtpReply.Of(250, "2.1.5", "simulated delivery"),
            _ when SimulatedRecipient.IsNamed(recipient, SimulatedRecipient.Open) => SmtpReply.Of(250, "2.1.5", "simulated delivery, to be opened"),
            _ when SimulatedRecipient.IsNamed(recipient, SimulatedRecipient.Complaint) => SmtpReply.Of(250, "2.1.5", "simulated delivery, to be complained about"),
            _ when SimulatedRecipient.IsNamed(recipient, "slow") => SmtpReply.Of(250, "2.1.5", "simulated slow delivery"),
            _ when SimulatedRecipient.IsNamed(recipient, "defer") => SmtpReply.Of(451, "4.2.1", "simulated deferral"),
            _ when SimulatedRecipient.IsNamed(recipient, "bounce") => SmtpReply.Of(550, "5.1.1", "simulated bounce"),
            _ => SmtpReply.Of(550, "5.1.1", "the simulator knows delivered, open, complaint, bounce, defer and slow"),
        };
        var step = reply.IsPositive ? Smtp.Client.TransactionStep.FinalDot : Smtp.Client.TransactionStep.Recipient;
        return OutcomeClassifier.Classify(new Smtp.Client.RecipientResult(reply, step, MayHaveBeenAccepted: false), failure: null) with
        {
            RemoteHost = RouteResolver.SimulatorDomain,
        };
    }
}
