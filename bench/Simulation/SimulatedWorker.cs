using Relay.Delivery;
using Relay.Smtp.Client;

namespace Relay.Bench.Simulation;

/// <summary>One worker of a path: a connection slot that goes from job to job, as the engine's does.</summary>
internal sealed class SimulatedWorker(Engine engine, SimulatedQueue store, SiteQueue queue, SimulatedConnection connection)
{
    private int _done;

    public void Begin(DeliveryJob job)
    {
        if (connection.IsOpen && connection.Messages < queue.Path.Limits.MaxMessagesPerConnection.Value)
        {
            Send(job);
            return;
        }

        engine.Network.Close(connection);
        engine.Network.Open(connection, (refusal, failure) =>
        {
            if (refusal is null && failure is null)
            {
                Send(job);
                return;
            }

            End(job, AttemptResult.ForAll(
                job.Task,
                OutcomeClassifier.ConnectionFailed(refusal is null ? TransactionStep.Connect : TransactionStep.Greeting, refusal, failure ?? string.Empty),
                SiteFeedback.Failure(refusal?.ToString() ?? failure!, refusal)));
        });
    }

    private void Send(DeliveryJob job)
    {
        var id = job.Task.Recipients[0].Id;
        engine.Network.Send(connection, store.Find(id), (int)id, reply =>
        {
            var isLost = reply is null or { Code: 421 };
            if (isLost)
            {
                engine.Network.Close(connection);
            }

            var step = reply is { IsPositive: true } ? TransactionStep.FinalDot : TransactionStep.Recipient;
            var outcome = OutcomeClassifier.Classify(new RecipientResult(reply, step, MayHaveBeenAccepted: false), isLost ? "the connection was lost" : null);
            End(job, AttemptResult.ForAll(
                job.Task, outcome, isLost ? SiteFeedback.Failure(reply?.ToString() ?? outcome.Text, reply) : SiteFeedback.Success with { Reply = reply }));
        });
    }

    private void End(DeliveryJob job, AttemptResult result)
    {
        engine.Ended(queue, job, result);
        if (engine.Dispatcher.TakeNext(queue, ++_done) is { } next)
        {
            engine.Audit.Started(queue.Path);
            connection.Receiver = engine.Network.ConnectionTo(queue.Path, next).Receiver;
            Begin(next);
            return;
        }

        engine.Network.Close(connection);
        engine.Dispatcher.WorkerEnded(queue);
    }
}
