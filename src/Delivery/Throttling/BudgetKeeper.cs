using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Carries the counts of long limits over a restart: read before delivery starts, written ahead of what is counted and at the end.</summary>
/// <remarks>
/// What is written says what was counted and how much more may be before it is written again (<see cref="BudgetReserve"/>): a crash takes that
/// for used, so no limit is exceeded by it. While the store cannot be written, mail with such limits waits.
/// </remarks>
internal sealed class BudgetKeeper(Dispatcher dispatcher, IBudgetStore store, ILogger<BudgetKeeper> logger, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Names that want to count for the first time share a write.
    private static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(1);

    private readonly Channel<bool> _wanted = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <exception cref="StoreUnavailableException">Delivery must not start without: the limits would not hold.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await store.LoadAsync(cancellationToken);
        lock (dispatcher.Gate)
        {
            dispatcher.Throttles.Restore(stored, time.GetUtcNow());
            dispatcher.Throttles.WriteAhead(() => _wanted.Writer.TryWrite(true));
        }
    }

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await WaitAsync(stoppingToken);
            await Task.Delay(await SaveAsync() ? Gathering : PauseAfterTrouble, time, stoppingToken);
        }
    }

    /// <returns>False when the store could not be written.</returns>
    public Task<bool> SaveAsync() => SaveAsync(isLast: false);

    /// <summary>The counts as they are, when nothing is sent any more.</summary>
    public Task SaveLastAsync() => SaveAsync(isLast: true);

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var interval = new CancellationTokenSource(Interval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, interval.Token);
        try
        {
            await _wanted.Reader.ReadAsync(either.Token);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // Nobody asked: what counted since is written all the same.
        }
    }

    private async Task<bool> SaveAsync(bool isLast)
    {
        IReadOnlyList<BudgetChange> changes;
        lock (dispatcher.Gate)
        {
            changes = dispatcher.Throttles.TakeChanges(isLast);
        }

        if (changes.Count == 0)
        {
            return true;
        }

        try
        {
            await store.SaveAsync([.. changes.Select(change => change.Stored)]);
            Settle(changes, isWritten: true);
            return true;
        }
        catch (StoreUnavailableException exception)
        {
            DeliveryLog.BudgetsNotSaved(logger, exception);
            Settle(changes, isWritten: false);
            return false;
        }
    }

    private void Settle(IReadOnlyList<BudgetChange> changes, bool isWritten)
    {
        lock (dispatcher.Gate)
        {
            var isWaitedFor = false;
            foreach (var change in changes)
            {
                change.Throttle.IsChanged |= !isWritten;
                if (isWritten && change.Reserve is { } reserve)
                {
                    isWaitedFor |= change.Holder?.Written(reserve) == true;
                }
            }

            if (isWaitedFor)
            {
                dispatcher.RefreshAll();
            }
        }
    }
}
