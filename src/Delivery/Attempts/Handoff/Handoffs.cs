using Microsoft.Extensions.Logging;
using Relay.Queue;
using Relay.Smtp.Client;

namespace Relay.Delivery;

/// <summary>Keeps the hand-off journal for attempts: a note before the final dot, another one when the peer has answered.</summary>
/// <remarks>
/// A journal that cannot be written leaves mail where it would be without one: more recipients are in doubt after a crash. Only where an
/// operator wants no duplicates at any price does the mail wait for the journal.
/// </remarks>
internal sealed class Handoffs(IHandoffJournal journal, DeliveryOptions options, ILogger<Handoffs> logger)
{
    /// <exception cref="SpoolException">The journal cannot be written, and mail must not go without it.</exception>
    public async ValueTask BeginAsync(AttemptRun run, PeerConnection connection, IReadOnlyList<QueuedRecipient> taken)
    {
        run.InDoubt = taken;
        if (taken.Count == 0 || await journal.BeginAsync(run.Job.Task.Lease, [.. taken.Select(r => r.Id)], PeerOf(run, connection)))
        {
            return;
        }

        if (options.OnUnknown == UnknownOutcome.Hold)
        {
            run.InDoubt = [];
            throw new SpoolException("the hand-off journal cannot be written, and without it mail could arrive twice (delivery.on_unknown = \"hold\")");
        }

        DeliveryLog.HandoffNotNoted(logger, run.Job.Task.Message.Id);
    }

    public void Answered(AttemptRun run, List<QueuedRecipient> chunk, TransactionResult result)
    {
        var doubt = run.InDoubt;
        run.InDoubt = [];
        foreach (var group in doubt.Select(r => (r.Id, Result: result.Recipients[chunk.IndexOf(r)])).Where(r => !r.Result.MayHaveBeenAccepted).GroupBy(r => r.Result.Reply))
        {
            var isSent = group.Key is { IsPositive: true } && group.First().Result.Step == TransactionStep.FinalDot;
            journal.Answered(run.Job.Task.Lease, [.. group.Select(r => r.Id)], new HandoffAnswer(isSent, group.Key));
        }
    }

    public void Settled(DeliveryTask task) => journal.Settled(task.Lease);

    private static HandoffPeer PeerOf(AttemptRun run, PeerConnection connection) =>
        new(connection.Host.Name, connection.Address, run.Queue.Path.Site.Name, run.Queue.Path.Source.Name, connection.TlsText);
}
