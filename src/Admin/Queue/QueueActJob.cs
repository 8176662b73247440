using Relay.Platform.Jobs;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Admin;

/// <summary>An operator's act on many recipients, in the background: piece by piece, with progress, to be broken off at any time. What was done stays done.</summary>
/// <remarks>Done twice it does no harm: after a restart it begins again and finds what is left.</remarks>
internal sealed class QueueActJob(IQueueStore queue, IAuditStore audit, TimeProvider time) : IJobKind
{
    public const string KindName = "queue-act";

    public string Name => KindName;

    public async Task RunAsync(JobContext context, CancellationToken cancellationToken)
    {
        var request = context.Request<QueueActRequest>();
        if (!request.Criteria.TryRead(request.Actor, out var criteria, out var error))
        {
            throw new JobFailedException(error);
        }

        var expected = Math.Max(1, request.Expected);
        var result = await queue.ApplyAsync(
            request.Action,
            criteria,
            async done => await context.ReportAsync(100.0 * (done.Affected + done.SkippedLeased) / expected, done.Affected, cancellationToken),
            cancellationToken);
        await audit.AppendAsync(
            new AuditEntry
            {
                At = time.GetUtcNow(),
                Actor = request.Actor,
                From = request.From,
                Action = "queue." + Words.Of(request.Action),
                Target = request.Criteria.Describe(),
                AffectedCount = result.Affected,
            },
            cancellationToken);
    }
}

/// <param name="Expected">Recipients waiting when it was asked for, for the progress.</param>
internal sealed record QueueActRequest(QueueAction Action, CriteriaRequest Criteria, string Actor, string? From, long Expected);
