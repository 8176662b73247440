using System.Text.Json;
using Relay.Platform.Analytics;
using Relay.Platform.Contacts;
using Relay.Platform.Jobs;
using Relay.Queue;
using Relay.Senders;

namespace Relay.Platform.Privacy;

/// <summary>Erases an address and writes the receipt.</summary>
/// <remarks>
/// 1. Cancel mail that waits for the address; wait for what is just being delivered. 2. Erase in the queue and beside it. 3. Wait until the
/// events of all that have reached the history. 4. Erase there. 5. Delete older exports, which may hold the address.
/// </remarks>
internal sealed class ErasureJob(
    PrivacyService privacy, IQueueStore queue, IOpenMail open, IEventOutbox outbox, IEnumerable<IErasable> stores, IAccountStore accounts, JobService jobs, TimeProvider time)
    : IJobKind
{
    public const string KindName = "address-erasure";

    private static readonly TimeSpan MaxWait = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    private readonly IErasable[] _stores = [.. stores.OrderBy(store => store.FollowsEvents)];

    public string Name => KindName;

    // Somebody has a right to it, however often the server is started anew.
    public int MaxAttempts => 1_000;

    public async Task RunAsync(JobContext context, CancellationToken cancellationToken)
    {
        var erasure = privacy.Read(context);
        await WaitAsync(() => IsSettledAsync(erasure, context.Job.Actor, cancellationToken), "mail to this address is just being delivered: ask again in some minutes", cancellationToken);
        var request = context.Request<PrivacyRequest>();
        var counts = new SortedDictionary<string, int>(request.Counts.ToDictionary(), StringComparer.Ordinal);
        var isCaughtUp = false;
        for (var i = 0; i < _stores.Length; i++)
        {
            var store = _stores[i];
            if (store.FollowsEvents && !isCaughtUp)
            {
                await CatchUpAsync(cancellationToken);
                isCaughtUp = true;
            }

            counts[store.Name] = counts.GetValueOrDefault(store.Name) + await store.EraseAsync(erasure, cancellationToken);
            await context.NoteAsync(request with { Counts = counts }, cancellationToken);
            await context.ReportAsync(100.0 * (i + 1) / _stores.Length, counts.Values.Sum(), cancellationToken);
        }

        counts["exports"] = counts.GetValueOrDefault("exports") + await DeleteExportsAsync(erasure, context.Job, cancellationToken);
        await using var file = context.CreateFile($"erasure-{erasure.Hash[..8]}.json", "application/json");
        var receipt = new ErasureReceipt(context.Job.Id.ToString(), erasure.Hash, erasure.Pseudonym, time.GetUtcNow(), context.Job.Attempts, counts);
        await JsonSerializer.SerializeAsync(file, receipt, ApiJson.Options, cancellationToken);
    }

    private async ValueTask<bool> IsSettledAsync(Erasure erasure, string actor, CancellationToken cancellationToken)
    {
        var waiting = await open.RecipientsAsync(erasure, cancellationToken);
        foreach (var id in waiting)
        {
            await queue.ApplyAsync(QueueAction.Cancel, new QueueCriteria { RecipientId = id, Actor = actor }, cancellationToken);
        }

        return waiting.Count == 0;
    }

    private async ValueTask CatchUpAsync(CancellationToken cancellationToken)
    {
        var last = await open.LastEventAsync(cancellationToken);
        await WaitAsync(
            async () => (await outbox.ReadAsync(0, 1, cancellationToken)) is not [var oldest, ..] || oldest.Sequence > last,
            "the history is behind: ask again in some minutes",
            cancellationToken);
    }

    private async ValueTask WaitAsync(Func<ValueTask<bool>> isDone, string trouble, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (!await isDone())
        {
            if (time.GetElapsedTime(start) > MaxWait)
            {
                throw new JobFailedException(trouble);
            }

            await Task.Delay(LookEvery, time, cancellationToken);
        }
    }

    private async ValueTask<int> DeleteExportsAsync(Erasure erasure, Job own, CancellationToken cancellationToken)
    {
        var owners = erasure.AccountId is { } id ? [id] : (await accounts.ListAsync(cancellationToken)).Select(account => account.Id).ToList();
        var deleted = 0;
        foreach (var owner in owners.Append(PrivacyService.OperatorAccount).Distinct())
        {
            foreach (var job in await jobs.ListAsync(owner, null, JobService.MaxPerAccount, cancellationToken))
            {
                if (job.Id != own.Id && job is { FileName: not null, Kind: EventExport.KindName or AddressExportJob.KindName or ContactExport.KindName or ContactImport.KindName }
                    && await jobs.RemoveAsync(owner, job.Id, cancellationToken))
                {
                    deleted++;
                }
            }
        }

        return deleted;
    }
}

/// <summary>What an erasure did; holds no address.</summary>
/// <param name="AddressHash">Under a key of the server.</param>
/// <param name="Replacement">What stands now where the address stood.</param>
/// <param name="Attempts">How often it was begun: again after each end of the server.</param>
/// <param name="Counts">Entries changed, by kind; what an attempt that was broken off did in its last kind is not among them.</param>
internal sealed record ErasureReceipt(string Id, string AddressHash, string Replacement, DateTimeOffset At, int Attempts, IReadOnlyDictionary<string, int> Counts);
