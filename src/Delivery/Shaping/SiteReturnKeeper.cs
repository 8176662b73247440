using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Carries over a restart which mail waits for which dead path: read before delivery starts, written every few seconds and at the end.</summary>
/// <remarks>Without the store, or for what a crash forgot, the mail comes by its retry schedule.</remarks>
internal sealed class SiteReturnKeeper(SiteReturns returns, IDownPathStore store, DeliveryOptions options, ILogger<SiteReturnKeeper> logger, TimeProvider time)
    : BackgroundService
{
    private const int MaxKeys = 100_000;
    private const int KeysOfPiece = 1_000;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await LoadAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await SaveAsync();
    }

    public async ValueTask LoadAsync(CancellationToken cancellationToken)
    {
        try
        {
            var oldest = time.GetUtcNow() - options.Retry.ExpireAfter;
            var kept = await store.LoadAsync(MaxKeys, cancellationToken);
            foreach (var path in kept.Where(key => key.At > oldest).GroupBy(key => new PathKey(key.Site, key.Source)))
            {
                returns.Restore(path.Key, [.. path.Select(key => key.QueueKey)], path.Max(key => key.At));
            }
        }
        catch (StoreUnavailableException exception)
        {
            DeliveryLog.DownPathsNotKept(logger, exception);
        }
    }

    /// <summary>Writes all that changed.</summary>
    public async ValueTask SaveAsync()
    {
        try
        {
            while (returns.TakeChanges(KeysOfPiece) is { } changes)
            {
                await store.SaveAsync(changes);
            }
        }
        catch (StoreUnavailableException exception)
        {
            // What fails again is written then.
            DeliveryLog.DownPathsNotKept(logger, exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await Task.Delay(Interval, time, stoppingToken);
                await SaveAsync();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The stop writes what is left.
        }
    }
}
