using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Relay.Queue;

namespace Relay.Delivery;

/// <summary>Keeps the progress of warm-up plans: read before anything is sent, written each second while it changes.</summary>
internal sealed class WarmupService(
    WarmupGate gate, IWarmupStore store, IPathControl control, DecisionLog decisions, ILogger<WarmupService> logger, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // A budget whose use is not known must not be spent again: without the store there is no start.
        gate.Load(await store.LoadAsync(cancellationToken));
        gate.Paused += OnPaused;
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        gate.Paused -= OnPaused;
        await SaveAsync();
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
            // The stop saves what changed last.
        }
    }

    private async ValueTask SaveAsync()
    {
        var changed = gate.TakeChanged();
        try
        {
            if (changed.Count > 0)
            {
                await store.SaveAsync(changed, cursor: null, CancellationToken.None);
            }
        }
        catch (StoreUnavailableException exception)
        {
            gate.Keep(changed);
            DeliveryLog.ShapingStoreFailed(logger, exception);
        }
    }

    /// <summary>What waits for the path goes back, to take another source.</summary>
    private void OnPaused(WarmupOptions plan, WarmupProgress progress)
    {
        var now = time.GetUtcNow();
        var decision = new ShapingDecision
        {
            Act = ShapingAct.WarmupPaused,
            At = now,
            Until = progress.PausedUntil!.Value,
            Site = progress.Site,
            Source = plan.Source,
            Rule = "warmup/" + plan.Name,
            Reason = progress.PauseReason!,
        };
        control.Set(new PathKey(progress.Site, plan.Source), new LimitOverride { Name = decision.Rule, Reason = decision.Reason, Until = decision.Until, IsSuspension = true });
        DeliveryLog.ShapingDecided(logger, decision.Act, progress.Site, plan.Source, decision.Rule, decision.Until, decision.Reason);
        decisions.Add(decision);
    }
}
