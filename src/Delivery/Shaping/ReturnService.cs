using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>When a site answers again, makes its deferred mail due: in pieces, so that neither the store nor the site gets all of it at once.</summary>
internal sealed class ReturnService(
    SiteReturns returns, IPathControl control, IQueueStore store, DecisionLog decisions, ILogger<ReturnService> logger, TimeProvider time) : BackgroundService
{
    /// <summary>Recipients made due in one act, and between two pauses.</summary>
    public const int PieceSize = 500;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Brings forward the mail of one path, until all is due or the path is down again.</summary>
    public async ValueTask<int> BringForwardAsync(PathKey path, IReadOnlyList<string> keys, CancellationToken cancellationToken)
    {
        var (moved, piece) = (0, 0);
        for (var i = 0; i < keys.Count; i++)
        {
            int count;
            do
            {
                if (control.IsDown(path))
                {
                    returns.Failed(path, keys.Skip(i), isSuspended: true);
                    return moved;
                }

                count = await store.BringForwardAsync(keys[i], PieceSize, cancellationToken);
                moved += count;
                piece += count;
                if (piece >= PieceSize)
                {
                    piece = 0;
                    await Task.Delay(Pause, time, cancellationToken);
                }
            }
            while (count == PieceSize);
        }

        return moved;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await returns.WaitAsync(stoppingToken);
                if (returns.TakeNext() is var (path, keys))
                {
                    await ReturnAsync(path, keys, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What was not brought forward comes by its schedule.
        }
    }

    private async ValueTask ReturnAsync(PathKey path, IReadOnlyList<string> keys, CancellationToken stoppingToken)
    {
        try
        {
            var moved = await BringForwardAsync(path, keys, stoppingToken);
            DeliveryLog.SiteReturned(logger, path, moved);
            var now = time.GetUtcNow();
            decisions.Add(new ShapingDecision
            {
                Act = ShapingAct.Returned,
                At = now,
                Until = now,
                Site = path.Site,
                Source = path.Source,
                Rule = "probe",
                Reason = FormattableString.Invariant($"answers again; {moved} deferred recipients of {keys.Count} domains are due"),
            });
        }
        catch (StoreUnavailableException exception)
        {
            DeliveryLog.LeaseFailed(logger, exception);
            returns.Failed(path, keys, isSuspended: true);
            returns.Answered(path);
            await Task.Delay(Pause, time, stoppingToken);
        }
    }
}
