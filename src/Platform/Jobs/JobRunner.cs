using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Platform.Tracking;
using Relay.Queue;

namespace Relay.Platform.Jobs;

/// <summary>Runs the jobs one after the other, oldest first, and lets go of expired ones.</summary>
internal sealed class JobRunner(
    IJobStore store, JobFiles files, JobSignals signals, IEnumerable<IJobKind> kinds, TimeProvider time, ILogger<JobRunner> log) : BackgroundService
{
    /// <summary>A job that was running so often when the server ended, or lost its store, is not begun again.</summary>
    internal const int MaxAttempts = 3;

    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan OrphanAge = TimeSpan.FromHours(1);

    private readonly Dictionary<string, IJobKind> _kinds = kinds.ToDictionary(kind => kind.Name, StringComparer.Ordinal);
    private bool _isReady;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => BackgroundLoop.RunAsync(RoundAsync, Failed, time, stoppingToken);

    private async ValueTask<TimeSpan> RoundAsync(CancellationToken stoppingToken)
    {
        if (!_isReady)
        {
            files.DeleteUnfinished();
            await store.RequeueAsync(stoppingToken);
            await DropOrphansAsync(stoppingToken);
            _isReady = true;
        }

        await RunAllAsync(stoppingToken);
        await signals.WaitAsync(Idle, time, stoppingToken);
        return TimeSpan.Zero;
    }

    private TimeSpan Failed(Exception trouble)
    {
        TrackingLog.JobsFailed(log, trouble);

        // The job that met it stands as running, as after the end of a server.
        _isReady = false;
        return Idle;
    }

    private async Task RunAllAsync(CancellationToken stoppingToken)
    {
        await SweepAsync(stoppingToken);
        while (await store.TakeNextAsync(time.GetUtcNow(), stoppingToken) is { } job)
        {
            await FinishAsync(await RunAsync(job, stoppingToken));
        }
    }

    private async Task SweepAsync(CancellationToken stoppingToken)
    {
        while (await store.RemoveExpiredAsync(time.GetUtcNow(), stoppingToken) is { Count: > 0 } removed)
        {
            foreach (var id in removed)
            {
                files.Delete(id);
            }
        }
    }

    // Files that were received, but whose job never came to be.
    private async Task DropOrphansAsync(CancellationToken stoppingToken)
    {
        foreach (var (accountId, id) in files.OldInputs(time.GetUtcNow() - OrphanAge))
        {
            if (await store.FindAsync(accountId, id, stoppingToken) is null)
            {
                files.DeleteInput(id);
            }
        }
    }

    private async Task<Job> RunAsync(Job job, CancellationToken stoppingToken)
    {
        if (!_kinds.TryGetValue(job.Kind, out var kind))
        {
            return job with { Status = JobStatus.Failed, Error = $"this server does not know jobs of the kind '{job.Kind}'" };
        }

        if (job.Attempts > kind.MaxAttempts)
        {
            return job with { Status = JobStatus.Failed, Error = "the server ended or lost its store several times while this job was running" };
        }

        var context = new JobContext(job, store, files, time);
        using var source = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        signals.Begin(job.Id, source);
        try
        {
            await kind.RunAsync(context, source.Token);
            return job with
            {
                Status = JobStatus.Succeeded,
                Progress = 100,
                Processed = context.Processed,
                FileName = context.FileName,
                ContentType = context.ContentType,
                FileBytes = context.FileName is null ? null : files.Complete(job.Id),
            };
        }
        catch (Exception trouble) when (!stoppingToken.IsCancellationRequested && trouble is not StoreUnavailableException)
        {
            return job with { Status = JobStatus.Failed, Processed = context.Processed, Error = Explain(job, trouble) };
        }
        finally
        {
            signals.End();
        }
    }

    private string Explain(Job job, Exception trouble)
    {
        switch (trouble)
        {
            case JobFailedException:
                return trouble.Message;
            case OperationCanceledException:
                return "the job was removed";
            case IOException:
                TrackingLog.JobFailed(log, trouble, job.Id, job.Kind);
                return "the result could not be written";
            default:
                TrackingLog.JobFailed(log, trouble, job.Id, job.Kind);
                return "something went wrong inside the server";
        }
    }

    private async Task FinishAsync(Job job)
    {
        var now = time.GetUtcNow();

        // Not to be broken off by the server's end: the work is done.
        var isKept = await store.FinishAsync(job with { FinishedAt = now, ExpiresAt = now + JobService.KeptFor }, CancellationToken.None);
        if (!isKept || job.Status == JobStatus.Failed)
        {
            files.Delete(job.Id);
        }

        files.DeleteInput(job.Id);

        JobMetrics.Finished(job.Kind, job.Status);
        TrackingLog.JobFinished(log, job.Id, job.Kind, job.Status.ToString());
    }
}
