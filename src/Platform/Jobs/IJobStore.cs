namespace Relay.Platform.Jobs;

/// <summary>Jobs that wait, run, or are finished and not yet expired. Thread safe; durable when a method returns.</summary>
public interface IJobStore
{
    /// <returns>False when the account has <paramref name="maxPerAccount"/> jobs already; nothing was stored then.</returns>
    ValueTask<bool> AddAsync(Job job, int maxPerAccount, CancellationToken cancellationToken);

    /// <summary>Null when this account has no such job.</summary>
    ValueTask<Job?> FindAsync(long accountId, Guid id, CancellationToken cancellationToken);

    /// <summary>Newest first, those before <paramref name="before"/> when it is given.</summary>
    ValueTask<IReadOnlyList<Job>> ListAsync(long accountId, Guid? before, int limit, CancellationToken cancellationToken);

    /// <summary>Marks the oldest waiting job as running and returns it; null when none waits.</summary>
    ValueTask<Job?> TakeNextAsync(DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Lets jobs wait again that were running when the server ended.</summary>
    ValueTask RequeueAsync(CancellationToken cancellationToken);

    /// <summary>Forgets running ones of a kind, of all accounts, as in a restored copy those that made it; returns how many.</summary>
    ValueTask<int> ForgetRunningAsync(string kind, CancellationToken cancellationToken);

    ValueTask ReportAsync(Guid id, int progress, long processed, CancellationToken cancellationToken);

    /// <summary>Stores how far it came, in the kind's own JSON, in place of its request: an attempt after this one begins there.</summary>
    ValueTask NoteAsync(Guid id, string request, CancellationToken cancellationToken);

    /// <summary>Stores how it ended; false when it has been removed meanwhile.</summary>
    ValueTask<bool> FinishAsync(Job job, CancellationToken cancellationToken);

    /// <returns>False when this account has no such job.</returns>
    ValueTask<bool> RemoveAsync(long accountId, Guid id, CancellationToken cancellationToken);

    /// <summary>Deletes some that have expired; returns their ids.</summary>
    ValueTask<IReadOnlyList<Guid>> RemoveExpiredAsync(DateTimeOffset now, CancellationToken cancellationToken);
}
