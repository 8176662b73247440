using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Carries the counts of long limits over a restart: read before delivery starts, written every few seconds and at the end.</summary>
/// <remarks>A crash forgets what was counted since; that is all by which a limit can be exceeded.</remarks>
internal sealed class BudgetKeeper(Dispatcher dispatcher, IBudgetStore store, ILogger<BudgetKeeper> logger, TimeProvider time)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <exception cref="StoreUnavailableException">Delivery must not start without: the limits would not hold.</exception>
    public async Task LoadAsync(CancellationToken cancellationToken)
    {
        var stored = await store.LoadAsync(cancellationToken);
        lock (dispatcher.Gate)
        {
            dispatcher.Throttles.Restore(stored);
        }
    }

    public async Task RunAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, time, stoppingToken);
            await SaveAsync();
        }
    }

    public async Task SaveAsync()
    {
        IReadOnlyList<StoredBudget> changes;
        lock (dispatcher.Gate)
        {
            changes = dispatcher.Throttles.TakeChanges();
        }

        if (changes.Count == 0)
        {
            return;
        }

        try
        {
            await store.SaveAsync(changes);
        }
        catch (StoreUnavailableException exception)
        {
            // What counts again is written then; what does not count any more needs no writing soon.
            DeliveryLog.BudgetsNotSaved(logger, exception);
        }
    }
}
