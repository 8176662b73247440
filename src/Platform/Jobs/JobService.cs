using System.Text.Json;

namespace Relay.Platform.Jobs;

/// <summary>Takes jobs and shows them.</summary>
public sealed class JobService(IJobStore store, JobFiles files, JobSignals signals, TimeProvider time)
{
    /// <summary>Waiting, running and finished ones together.</summary>
    public const int MaxPerAccount = 20;

    /// <summary>A finished job and its file are kept so long.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(24);

    internal static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <returns>Null when the account has <see cref="MaxPerAccount"/> jobs already.</returns>
    /// <param name="kind">Name of an <see cref="IJobKind"/>.</param>
    public ValueTask<Job?> AddAsync<T>(long accountId, string kind, T request, string actor, CancellationToken cancellationToken) =>
        AddAsync(NewId(), accountId, kind, request, actor, cancellationToken);

    /// <summary>For a job whose file is received before it is added.</summary>
    public Guid NewId() => Guid.CreateVersion7(time.GetUtcNow());

    /// <inheritdoc cref="AddAsync{T}(long, string, T, string, CancellationToken)"/>
    public async ValueTask<Job?> AddAsync<T>(Guid id, long accountId, string kind, T request, string actor, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var job = new Job
        {
            Id = id,
            AccountId = accountId,
            Kind = kind,
            Request = JsonSerializer.Serialize(request, Json),
            Actor = actor,
            CreatedAt = now,
        };
        if (!await store.AddAsync(job, MaxPerAccount, cancellationToken))
        {
            return null;
        }

        signals.Wake();
        return job;
    }

    public ValueTask<Job?> FindAsync(long accountId, Guid id, CancellationToken cancellationToken) => store.FindAsync(accountId, id, cancellationToken);

    public ValueTask<IReadOnlyList<Job>> ListAsync(long accountId, Guid? before, int limit, CancellationToken cancellationToken) =>
        store.ListAsync(accountId, before, limit, cancellationToken);

    /// <summary>Breaks it off when it runs, and deletes it with its file.</summary>
    public async ValueTask<bool> RemoveAsync(long accountId, Guid id, CancellationToken cancellationToken)
    {
        if (!await store.RemoveAsync(accountId, id, cancellationToken))
        {
            return false;
        }

        // What still runs deletes its file itself when it finds itself removed.
        signals.Cancel(id);
        files.Delete(id);
        return true;
    }
}
