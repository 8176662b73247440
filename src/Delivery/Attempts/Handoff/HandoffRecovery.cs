using Microsoft.Extensions.Logging;

namespace Relay.Delivery;

/// <summary>Settles what an earlier process was handing over when it ended, before anything new is sent.</summary>
/// <remarks>
/// Recipients that the peer has taken become Delivered with its reply; those without an answer are Unknown and go the way
/// <see cref="DeliveryOptions.OnUnknown"/> says. Those known as not sent were given back when the store was opened.
/// </remarks>
internal sealed class HandoffRecovery(
    IHandoffJournal journal, OutcomeRecorder recorder, DeliveryMetrics metrics, ILogger<HandoffRecovery> logger, TimeProvider time)
{
    public async ValueTask RunAsync(CancellationToken cancellationToken)
    {
        var sent = 0;
        var unknown = 0;
        foreach (var left in await journal.LeftAsync(cancellationToken))
        {
            var outcomes = left.Task.Recipients.Select(r => new RecipientOutcome(r, OutcomeOf(left.Notes[r.Id]))).ToList();
            var (job, path) = WayOf(left);
            await recorder.RecordAsync(job, path, new AttemptResult { Outcomes = outcomes, Feedback = SiteFeedback.Neutral }, cancellationToken);
            sent += outcomes.Count(o => o.Outcome.Kind == OutcomeKind.Delivered);
            unknown += outcomes.Count(o => o.Outcome.Kind == OutcomeKind.Unknown);
        }

        if (sent + unknown > 0)
        {
            DeliveryLog.HandoffsRecovered(logger, sent, unknown);
            metrics.HandoffsRecovered(sent, unknown);
        }

        journal.Start();
    }

    private static AttemptOutcome OutcomeOf(HandoffNote note)
    {
        var outcome = note.Answer is { IsSent: true, Reply: { } reply }
            ? OutcomeClassifier.Classify(new Smtp.Client.RecipientResult(reply, Smtp.Client.TransactionStep.FinalDot, MayHaveBeenAccepted: false), null)
            : OutcomeClassifier.Classify(
                new Smtp.Client.RecipientResult(null, Smtp.Client.TransactionStep.FinalDot, MayHaveBeenAccepted: true),
                "this server ended while the message was being handed over");
        return outcome with { RemoteHost = note.Peer.Host, RemoteAddress = note.Peer.Address, Tls = note.Peer.Tls };
    }

    private (DeliveryJob Job, EgressPath Path) WayOf(LeftHandoff left)
    {
        var peer = left.Notes[left.Task.Recipients[0].Id].Peer;
        var site = Site.Local(peer.Site);
        var route = new Route { Kind = RouteKind.Mx, Site = site, Origin = "hand-off journal" };
        return (new DeliveryJob(left.Task, route, time.GetUtcNow(), 0), new EgressPath(site, EgressSource.SystemChosen(string.Empty) with { Name = peer.Source }));
    }
}
