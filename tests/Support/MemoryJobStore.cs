using Relay.Platform.Jobs;

namespace Relay.Tests.Support;

/// <summary>Jobs in memory, for tests in which none runs.</summary>
public sealed class MemoryJobStore : IJobStore
{
    private readonly List<Job> _jobs = [];

    public ValueTask<bool> AddAsync(Job job, int maxPerAccount, CancellationToken cancellationToken)
    {
        var hasRoom = _jobs.Count(other => other.AccountId == job.AccountId) < maxPerAccount;
        if (hasRoom)
        {
            _jobs.Add(job);
        }

        return ValueTask.FromResult(hasRoom);
    }

    public ValueTask<Job?> FindAsync(long accountId, Guid id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_jobs.Find(job => job.AccountId == accountId && job.Id == id));

    public ValueTask<IReadOnlyList<Job>> ListAsync(long accountId, Guid? before, int limit, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Job>>([.. _jobs.Where(job => job.AccountId == accountId).Reverse().Take(limit)]);

    public ValueTask<Job?> TakeNextAsync(DateTimeOffset now, CancellationToken cancellationToken) => ValueTask.FromResult<Job?>(null);

    public ValueTask RequeueAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask<int> ForgetRunningAsync(string kind, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_jobs.RemoveAll(job => job.Kind == kind && job.Status == JobStatus.Running));

    public ValueTask ReportAsync(Guid id, int progress, long processed, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    public ValueTask NoteAsync(Guid id, string request, CancellationToken cancellationToken)
    {
        var index = _jobs.FindIndex(job => job.Id == id);
        if (index >= 0)
        {
            _jobs[index] = _jobs[index] with { Request = request };
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> FinishAsync(Job job, CancellationToken cancellationToken)
    {
        var index = _jobs.FindIndex(other => other.Id == job.Id);
        if (index >= 0)
        {
            _jobs[index] = job;
        }

        return ValueTask.FromResult(index >= 0);
    }

    public ValueTask<bool> RemoveAsync(long accountId, Guid id, CancellationToken cancellationToken) =>
        ValueTask.FromResult(_jobs.RemoveAll(job => job.AccountId == accountId && job.Id == id) > 0);

    public ValueTask<IReadOnlyList<Guid>> RemoveExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        ValueTask.FromResult<IReadOnlyList<Guid>>([]);
}
