using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Decisions outlive the process: puts those in force back in force before anything is sent, and keeps new ones.</summary>
internal sealed class ShapingService(Shaper shaper, DecisionLog log, IShapingDecisionStore store, ILogger<ShapingService> logger, TimeProvider time)
    : BackgroundService
{
    private const int BatchSize = 500;
    private static readonly TimeSpan PauseAfterTrouble = TimeSpan.FromSeconds(5);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ResumeAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryStoreAsync(log.Take(BatchSize));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await log.WaitAsync(stoppingToken);
                var decisions = log.Take(BatchSize);
                while (!await TryStoreAsync(decisions))
                {
                    await Task.Delay(PauseAfterTrouble, time, stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The stop stores what still waits.
        }
    }

    private async ValueTask ResumeAsync(CancellationToken cancellationToken)
    {
        try
        {
            var active = await store.ListAsync(
                new DecisionFilter { ActiveAt = time.GetUtcNow(), Limit = IShapingDecisionStore.MaxDecisions }, cancellationToken);

            // The oldest first, so that of one rule the newest stands.
            foreach (var decision in active.Reverse())
            {
                shaper.Resume(decision);
            }

            DeliveryLog.ShapingResumed(logger, active.Count);
        }
        catch (StoreUnavailableException exception)
        {
            DeliveryLog.ShapingStoreFailed(logger, exception);
        }
    }

    // Once begun it is not cut short: a few rows.
    private async ValueTask<bool> TryStoreAsync(IReadOnlyList<ShapingDecision> decisions)
    {
        try
        {
            if (decisions.Count > 0)
            {
                await store.AppendAsync(decisions, CancellationToken.None);
            }

            return true;
        }
        catch (StoreUnavailableException exception)
        {
            DeliveryLog.ShapingStoreFailed(logger, exception);
            return false;
        }
    }
}
